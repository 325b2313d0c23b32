import type { Node, NodeStatus, NodeStatusFill, NodeStatusShape } from 'node-red';
import { type Clock, type Notice, systemClock, type Timer } from '../../../gateway/platform';
import type { Look } from './look';
import { type Translator, translate, type Words } from './translate';

/** Letters; a longer text runs into the next node in the editor. */
const maxLength = 20;
/** Milliseconds between two statuses, because each is a message to every open editor. */
const intervalMs = 1000;
/** Milliseconds for which an error is shown after it last happened. */
const errorMs = 10_000;

/**
 * A node's status line: translated, short, and sent at most once per second; the last one counts. While errors happen, it is
 * red with their number. It is cleared when the node closes.
 */
export class Status {
  private pending: NodeStatus | undefined;
  /** The status without errors. */
  private usual: NodeStatus = {};
  private error: Timer | undefined;
  private sent = '';
  private timer: Timer | undefined;
  private closed = false;

  constructor(
    private readonly RED: Translator,
    private readonly node: Node,
    private readonly clock: Clock = systemClock,
  ) {
    node.on('close', () => this.close());
  }

  /** Shows a text of the node's own catalog, or of the one that all nodes share; without either, its key. */
  show({ fill, shape, key, words = {} }: Look): void {
    this.usual = { fill, shape, text: this.fitting(key, words) };
    // What is wrong for good says more than the last error.
    if (!this.error || fill === 'red') this.send(this.usual);
  }

  set(fill: NodeStatusFill, shape: NodeStatusShape, key: string, words: Words = {}): void {
    this.show({ fill, shape, key, words });
  }

  /** An error happened: it is shown with its number until none has happened for 10 s. */
  failed({ code, count }: Pick<Notice, 'code' | 'count'>): void {
    if (this.closed || this.usual.fill === 'red') return;
    this.error?.cancel();
    this.error = this.clock.after(errorMs, () => {
      this.error = undefined;
      this.send(this.usual);
    });
    const what = this.text(code, {});
    const text = clip(count === 1 ? what : `${what} x ${shortCount(count)}`);
    this.send({ fill: 'red', shape: 'ring', text });
  }

  /** Clears the line and ends it. */
  close(): void {
    if (this.closed) return;
    this.timer?.cancel();
    this.error?.cancel();
    this.timer = undefined;
    this.pending = undefined;
    this.closed = true;
    if (this.sent !== '') this.node.status({});
  }

  private send(status: NodeStatus): void {
    if (this.closed) return;
    this.pending = status;
    if (!this.timer) this.flush();
  }

  private flush(): void {
    this.timer = undefined;
    const status = this.pending;
    this.pending = undefined;
    if (!status) return;
    const text = JSON.stringify(status);
    if (text === this.sent) return;
    this.sent = text;
    this.node.status(status);
    this.timer = this.clock.after(intervalMs, () => this.flush());
  }

  /**
   * The text; if it is too long, the one of `<key>-short` if the catalog has it. If that is too long, too, its longest word is cut:
   * the rest says more than the end of a name.
   */
  private fitting(whole: string, words: Words): string {
    const isLong = [...this.text(whole, words)].length > maxLength;
    const key = isLong && this.known(`${whole}-short`, words) !== undefined ? `${whole}-short` : whole;
    const text = this.text(key, words);
    const over = [...text].length - maxLength;
    if (over <= 0) return text;
    const [name, longest] = Object.entries(words)
      .map(([name, value]) => [name, [...String(value)]] as const)
      .reduce((a, b) => (b[1].length > a[1].length ? b : a), ['', []] as const);
    const kept = longest.slice(0, Math.max(1, longest.length - over - 1)).join('');
    return clip(this.text(key, { ...words, [name]: `${kept}…` }));
  }

  private text(key: string, words: Words): string {
    return this.known(key, words) ?? key;
  }

  private known(key: string, words: Words): string | undefined {
    return (
      translate(this.RED, `${this.node.type}.status.${key}`, words) ??
      translate(this.RED, `ftte-federation.status.${key}`, words, true)
    );
  }
}

/** Four characters at most: 9999, 12k, 3M. */
export function shortCount(count: number): string {
  if (count < 10_000) return String(count);
  return count < 1_000_000 ? `${Math.floor(count / 1000)}k` : `${Math.floor(count / 1_000_000)}M`;
}

function clip(text: string): string {
  const letters = [...text];
  return letters.length <= maxLength ? text : `${letters.slice(0, maxLength - 1).join('')}…`;
}

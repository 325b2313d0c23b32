import type { Node, NodeStatus, NodeStatusFill, NodeStatusShape } from 'node-red';
import { type Clock, type Notice, systemClock, type Timer } from '../../../gateway/platform';
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

  /**
   * @param key of the text in the node's own catalog; if the catalog lacks it, the key's last part is shown
   * @param words fill the `__word__` places of the text
   */
  set(fill: NodeStatusFill, shape: NodeStatusShape, key: string, words: Words = {}): void {
    this.usual = { fill, shape, text: clip(this.text(key, words)) };
    if (!this.error) this.show(this.usual);
  }

  /** An error happened: it is shown with its number until none has happened for 10 s. */
  failed({ code, count }: Pick<Notice, 'code' | 'count'>): void {
    if (this.closed) return;
    this.error?.cancel();
    this.error = this.clock.after(errorMs, () => {
      this.error = undefined;
      this.show(this.usual);
    });
    const what = this.text(`${this.node.type}.status.${code}`, {}, `ftte-federation.status.${code}`);
    this.show({
      fill: 'red',
      shape: 'ring',
      text: clip(count === 1 ? what : `${what} x ${shortCount(count)}`),
    });
  }

  clear(): void {
    this.usual = {};
    this.show({});
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

  private show(status: NodeStatus): void {
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

  private text(key: string, words: Words, sharedKey = key): string {
    return (
      translate(this.RED, key, words) ??
      translate(this.RED, sharedKey, words, true) ??
      key.slice(key.lastIndexOf('.') + 1)
    );
  }
}

/** Four characters at most: 9999, 12k, 3M. */
function shortCount(count: number): string {
  if (count < 10_000) return String(count);
  return count < 1_000_000 ? `${Math.floor(count / 1000)}k` : `${Math.floor(count / 1_000_000)}M`;
}

function clip(text: string): string {
  const letters = [...text];
  return letters.length <= maxLength ? text : `${letters.slice(0, maxLength - 1).join('')}…`;
}

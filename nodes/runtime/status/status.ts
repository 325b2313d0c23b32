import type { Node, NodeStatus, NodeStatusFill, NodeStatusShape } from 'node-red';
import { type Clock, systemClock, type Timer } from '../../../gateway/platform';
import { type Translator, translate, type Words } from './translate';

/** Letters; a longer text runs into the next node in the editor. */
const maxLength = 20;
/** Milliseconds between two statuses, because each is a message to every open editor. */
const intervalMs = 1000;

/**
 * A node's status line: translated, short, and sent at most once per second; the last one counts. It is cleared when the
 * node closes.
 */
export class Status {
  private pending: NodeStatus | undefined;
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
    this.show({ fill, shape, text: clip(this.text(key, words)) });
  }

  clear(): void {
    this.show({});
  }

  /** Clears the line and ends it. */
  close(): void {
    if (this.closed) return;
    this.timer?.cancel();
    this.timer = undefined;
    this.pending = undefined;
    this.closed = true;
    this.node.status({});
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

  private text(key: string, words: Words): string {
    return (
      translate(this.RED, key, words) ??
      translate(this.RED, key, words, true) ??
      key.slice(key.lastIndexOf('.') + 1)
    );
  }
}

function clip(text: string): string {
  const letters = [...text];
  return letters.length <= maxLength ? text : `${letters.slice(0, maxLength - 1).join('')}…`;
}

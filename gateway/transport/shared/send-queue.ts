import { FtteError } from '../../platform';

/** A message on its way to the broker. */
export interface Outgoing {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly retain: boolean;
}

interface Entry extends Outgoing {
  sent: boolean;
  readonly settle: (error?: Error) => void;
}

export interface SendQueueLimits {
  readonly maxMessages: number;
  readonly maxBytes: number;
}

/** Thrown by a `Send` whose connection died: the message stays in the queue for the next one. */
export class ConnectionLost extends Error {}

/** Resolves with the broker's word; rejects with `ConnectionLost`, or with what will not be better another time. */
export type Send = (message: Outgoing) => Promise<void>;

/**
 * QoS 1 messages until the broker has them, in the order they were given. What was under way when a connection died is
 * sent again, in order, on the next. A retained message that waits is superseded by a newer one on its topic, and
 * counts as sent: nobody would ever read it, and a connection that comes and goes must not make a crowd of those who
 * wait for the same word.
 */
export class SendQueue {
  private entries: Entry[] = [];
  private bytes = 0;
  private underWay = 0;
  private window = 1;
  private send: Send | undefined;
  private connection = 0;
  private idle: (() => void)[] = [];

  constructor(private readonly limits: SendQueueLimits) {}

  get length(): number {
    return this.entries.length;
  }

  /** @throws FtteError `offline` when the bound is reached */
  push(message: Outgoing): Promise<void> {
    if (message.retain) this.supersede(message.topic);
    const { maxMessages, maxBytes } = this.limits;
    if (this.entries.length >= maxMessages || this.bytes + message.payload.length > maxBytes) {
      const text = `${this.entries.length} messages (${this.bytes} bytes) wait for the broker already`;
      return Promise.reject(
        new FtteError('offline', `${text}; ${message.topic} is not sent`, { topic: message.topic }),
      );
    }
    return new Promise((resolve, reject) => {
      const settle = (error?: Error) => (error ? reject(error) : resolve());
      this.entries.push({ ...message, sent: false, settle });
      this.bytes += message.payload.length;
      this.pump();
    });
  }

  /** A connection stands: sends all that waits through it, `window` messages at a time. */
  connected(send: Send, window: number): void {
    this.connection++;
    this.window = window;
    this.send = send;
    this.underWay = 0;
    for (const entry of this.entries) entry.sent = false;
    this.pump();
  }

  /** The connection died: keeps what the broker has not confirmed. */
  disconnected(): void {
    this.connection++;
    this.send = undefined;
    for (const entry of this.entries) entry.sent = false;
  }

  /** Resolves once nothing waits. */
  drained(): Promise<void> {
    return this.entries.length === 0 ? Promise.resolve() : new Promise((resolve) => this.idle.push(resolve));
  }

  /** Gives up what waits. */
  fail(error: Error): void {
    for (const entry of [...this.entries]) this.settle(entry, error);
  }

  private supersede(topic: string): void {
    for (const entry of [...this.entries]) {
      if (entry.sent || !entry.retain || entry.topic !== topic) continue;
      this.remove(entry);
      entry.settle();
    }
  }

  private pump(): void {
    const { send, connection } = this;
    if (!send) return;
    for (const entry of this.entries) {
      if (this.underWay >= this.window) return;
      if (entry.sent) continue;
      entry.sent = true;
      this.underWay++;
      const done = (error?: unknown) => {
        if (connection !== this.connection) return;
        this.underWay--;
        if (!(error instanceof ConnectionLost)) this.settle(entry, error);
        this.pump();
      };
      send(entry).then(() => done(), done);
    }
  }

  private settle(entry: Entry, error?: unknown): void {
    this.remove(entry);
    const reason = error === undefined || error instanceof Error ? error : new Error(String(error));
    entry.settle(reason);
    if (this.entries.length === 0) for (const idle of this.idle.splice(0)) idle();
  }

  private remove(entry: Entry): void {
    const at = this.entries.indexOf(entry);
    if (at < 0) return;
    this.entries.splice(at, 1);
    this.bytes -= entry.payload.length;
  }
}

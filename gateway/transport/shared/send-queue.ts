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

/** Messages, and bytes of their payloads, that may wait for the broker. */
const defaultLimits = { maxMessages: 1000, maxBytes: 64 * 1024 * 1024 };

/** Thrown by a `Send` if its connection died: the message stays in the queue for the next connection. */
export class ConnectionLost extends Error {}

/**
 * Resolves when the broker has confirmed the message. Rejects with `ConnectionLost`, or with an error that a repetition
 * cannot correct.
 */
export type Send = (message: Outgoing) => Promise<void>;

/**
 * QoS 1 messages in the order in which they were given, until the broker has confirmed them. Messages that were in
 * flight when a connection died are sent again, in order, over the next one. A newer retained message replaces one on
 * the same topic that waits, and the older one counts as sent: nobody would ever read it, and while a connection comes
 * and goes its waiters must not pile up.
 */
export class SendQueue {
  private entries: Entry[] = [];
  private bytes = 0;
  private underWay = 0;
  private window: () => number = () => 1;
  private send: Send | undefined;
  private connection = 0;
  private idle: (() => void)[] = [];

  constructor(private readonly limits = defaultLimits) {}

  get length(): number {
    return this.entries.length;
  }

  /** @throws FtteError `offline` if the queue is full */
  push(message: Outgoing): Promise<void> {
    if (message.retain) this.supersede(message.topic);
    const { maxMessages, maxBytes } = this.limits;
    if (this.entries.length >= maxMessages || this.bytes + message.payload.length > maxBytes) {
      const text = `${this.entries.length} messages (${this.bytes} bytes) already wait for the broker`;
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

  /** Sends the waiting messages over a new connection; `window` says how many may be in flight. */
  connected(send: Send, window: () => number): void {
    this.connection++;
    this.window = window;
    this.send = send;
    this.underWay = 0;
    for (const entry of this.entries) entry.sent = false;
    this.pump();
  }

  /**
   * The connection died: the messages that the broker has not confirmed stay in the queue.
   * @returns those that were in flight, oldest first
   */
  disconnected(): Outgoing[] {
    this.connection++;
    this.send = undefined;
    const inFlight = this.entries.filter(({ sent }) => sent);
    for (const entry of inFlight) entry.sent = false;
    return inFlight;
  }

  /** Drops the messages for which `choose` returns an error. */
  reject(choose: (message: Outgoing) => Error | undefined): void {
    for (const entry of [...this.entries]) {
      const error = choose(entry);
      if (error) this.settle(entry, error);
    }
  }

  /** Resolves when no message waits. */
  drained(): Promise<void> {
    return this.entries.length === 0 ? Promise.resolve() : new Promise((resolve) => this.idle.push(resolve));
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
      if (this.underWay >= this.window()) return;
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

import { type Log, messageOf } from '../platform';
import type { Message } from '../wire';
import type { Drop, HeardType, SessionFace } from './session-types';

/** What a coordinator hears, and the one end of it all. */
export class Subscriptions {
  private ends: (() => Promise<void> | void)[] = [];
  private ended = false;

  constructor(
    private readonly session: SessionFace,
    private readonly log: Log,
  ) {}

  /** Resolves once subscribed; not before there is a connection. Nothing is handed on after `end`. */
  async hear<T extends HeardType>(
    type: T,
    handler: (message: Message<T>, info: { bytes: number; retained: boolean }) => void,
  ): Promise<void> {
    const end = await this.session.hear(type, (message, info) => {
      if (!this.ended) handler(message, info);
    });
    if (this.ended) await end();
    else this.ends.push(end);
  }

  onDrop(listener: (drop: Drop) => void): void {
    this.ends.push(this.session.onDrop(listener));
  }

  async end(): Promise<void> {
    this.ended = true;
    const ends = this.ends.splice(0);
    await Promise.all(
      ends.map(async (end) => {
        try {
          await end();
        } catch (error) {
          this.log.warn(messageOf(error));
        }
      }),
    );
  }
}

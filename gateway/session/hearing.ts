import type { Message } from '../wire';
import type { HeardType, SessionFace } from './session-types';

/**
 * The subscriptions of one role. While offline a subscription waits for the connection; ending does not wait for it,
 * and nothing is handed on afterwards.
 */
export class Hearing {
  private ended = false;
  private readonly endings: (() => Promise<void>)[] = [];

  constructor(private readonly session: SessionFace) {}

  /** Resolves once subscribed. */
  hear<Type extends HeardType>(
    type: Type,
    handler: (message: Message<Type>, info: { bytes: number; retained: boolean }) => void,
  ): Promise<void> {
    return this.session
      .hear(type, (message, info) => {
        if (!this.ended) handler(message, info);
      })
      .then((end) => {
        if (this.ended) return end();
        this.endings.push(end);
      });
  }

  /** Resolves once the subscriptions that stand have ended. */
  async end(): Promise<void> {
    this.ended = true;
    await Promise.allSettled(this.endings.splice(0).map((end) => end()));
  }
}

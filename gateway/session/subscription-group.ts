import { type Log, messageOf, silentLog } from '../platform';
import type { Message, RoleMessageType } from '../wire';
import type { Drop, Replaced, Session } from './session-types';

/**
 * The subscriptions of one role, which end together. While offline, a subscription waits for the connection. The end
 * does not wait for it, and no message is delivered after the end.
 */
export class SubscriptionGroup {
  private ended = false;
  private ends: (() => Promise<void> | void)[] = [];

  /** @param log reports a subscription that fails to end */
  constructor(
    private readonly session: Session,
    private readonly log: Log = silentLog,
  ) {}

  /** Resolves once subscribed, which needs a connection. */
  async subscribe<Type extends RoleMessageType>(
    type: Type,
    handler: (message: Message<Type>, info: { bytes: number; retained: boolean }) => void,
  ): Promise<void> {
    const end = await this.session.subscribe(type, (message, info) => {
      if (!this.ended) handler(message, info);
    });
    if (this.ended) await end();
    else this.ends.push(end);
  }

  /** Calls `listener` for every message that is dropped, until the group ends. */
  onDrop(listener: (drop: Drop) => void): void {
    this.ends.push(this.session.onDrop(listener));
  }

  /** Calls `listener` for every retained message of the session that was cleared or overwritten, until the group ends. */
  onReplaced(listener: (replaced: Replaced) => void): void {
    this.ends.push(this.session.onReplaced(listener));
  }

  /** Resolves once the confirmed subscriptions have ended. */
  async end(): Promise<void> {
    this.ended = true;
    const results = await Promise.allSettled(this.ends.splice(0).map(async (end) => end()));
    for (const result of results)
      if (result.status === 'rejected') this.log.warn(messageOf(result.reason), 'send-failed');
  }
}

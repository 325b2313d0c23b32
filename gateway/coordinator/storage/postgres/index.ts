import type { YieldToEventLoop } from '../../../platform';
import type { UpdateLog } from '../log/update-log';
import { type LogConnectionOptions, leaseOptions, type SharedLog } from '../shared/shared-log';
import { PostgresLease } from './postgres-lease';
import { PostgresLog } from './postgres-log';
import { type Fence, PostgresSession } from './postgres-session';

/** The log of a federation in Postgres. It needs the package `pg`. */
export class PostgresSharedLog implements SharedLog {
  readonly place: string;
  readonly lease: PostgresLease;
  private readonly session: PostgresSession;
  private readonly leaseSession: PostgresSession;

  /** @param turn yields to the event loop while updates are decoded */
  constructor(
    options: LogConnectionOptions,
    readonly leaseMs: number,
    private readonly turn?: YieldToEventLoop,
  ) {
    const { protocol, host, pathname } = new URL(options.url);
    this.place = `${protocol}//${host}${pathname}`;
    const fence: Fence = { epoch: undefined };
    this.session = new PostgresSession(this.place, options, fence);
    this.leaseSession = new PostgresSession(this.place, leaseOptions(options, leaseMs), fence);
    this.lease = new PostgresLease(this.leaseSession, fence, leaseMs);
  }

  of(model: string): UpdateLog {
    return new PostgresLog(this.session, model, this.turn, () => this.session.close());
  }

  async close(): Promise<void> {
    await Promise.all([this.session.close(), this.leaseSession.close()]);
  }
}

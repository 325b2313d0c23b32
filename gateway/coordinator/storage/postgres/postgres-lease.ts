import type { LogHolder, LogLeader, LogLease } from '../shared/shared-log';
import type { Fence, PostgresSession } from './postgres-session';

const take = `
INSERT INTO ftte_leader AS held VALUES ($1, 1, $2, $3, clock_timestamp(), clock_timestamp() + $4 * interval '1 ms')
ON CONFLICT (federation) DO UPDATE SET
  epoch = held.epoch + 1, coordinator = $2, run = $3,
  since = clock_timestamp(), expires = clock_timestamp() + $4 * interval '1 ms'
  WHERE held.expires < clock_timestamp() OR held.run = $3
RETURNING epoch`;

/** A row with the leader of a federation, which ends by the clock of the server. */
export class PostgresLease implements LogLease {
  /** @param session of its own, so that renewing does not wait for a long write */
  constructor(
    private readonly session: PostgresSession,
    private readonly fence: Fence,
    private readonly leaseMs: number,
  ) {}

  async take({ coordinator, run }: LogHolder): Promise<LogLeader | undefined> {
    const { session, leaseMs, fence } = this;
    const { rows } = await session.query(take, [session.federation, coordinator, run, leaseMs]);
    if (rows[0]) {
      fence.epoch = String(rows[0]['epoch']);
      return undefined;
    }
    fence.epoch = undefined;
    const found = await session.query('SELECT coordinator, since FROM ftte_leader WHERE federation = $1', [
      session.federation,
    ]);
    const [leader] = found.rows;
    return { coordinator: String(leader?.['coordinator']), sinceMs: Number(leader?.['since'] ?? 0) };
  }

  async renew(): Promise<boolean> {
    const { session, leaseMs, fence } = this;
    const { rowCount } = await session.query(
      `UPDATE ftte_leader SET expires = clock_timestamp() + $3 * interval '1 ms' WHERE federation = $1 AND epoch = $2`,
      [session.federation, fence.epoch ?? '-1', leaseMs],
    );
    return rowCount === 1;
  }

  async give(): Promise<void> {
    const { session, fence } = this;
    const { epoch } = fence;
    fence.epoch = undefined;
    if (epoch === undefined) return;
    await session.query(
      `UPDATE ftte_leader SET expires = clock_timestamp() - interval '1 ms' WHERE federation = $1 AND epoch = $2`,
      [session.federation, epoch],
    );
  }
}

import type { LogHolder, LogLeader, LogLease } from '../shared/shared-log';
import type { Fence, PostgresSession } from './postgres-session';

const look = `
SELECT coordinator, since, expires::text AS renewal,
  expires < clock_timestamp() OR run = $2 OR expires::text = $3 AS free
FROM ftte_leader WHERE federation = $1`;

const take = `
INSERT INTO ftte_leader AS held VALUES ($1, 1, $2, $3, clock_timestamp(), clock_timestamp() + $4 * interval '1 ms')
ON CONFLICT (federation) DO UPDATE SET
  epoch = held.epoch + 1, coordinator = $2, run = $3,
  since = clock_timestamp(), expires = clock_timestamp() + $4 * interval '1 ms'
  WHERE held.expires < clock_timestamp() OR held.run = $3 OR held.expires::text = $5
RETURNING epoch`;

/** A row with the leader of a federation, which ends by the clock of the server. */
export class PostgresLease implements LogLease {
  /** @param session of its own, so that renewing does not wait for a long write */
  constructor(
    private readonly session: PostgresSession,
    private readonly fence: Fence,
    private readonly leaseMs: number,
  ) {}

  async take({ coordinator, run }: LogHolder, unrenewed = ''): Promise<LogLeader | undefined> {
    const { session, leaseMs, fence } = this;
    const { federation } = session;
    fence.epoch = undefined;
    // Whoever stands by looks often, and must not wait for the writes of the leader then, nor hold them up.
    const [leader] = (await session.query(look, [federation, run, unrenewed])).rows;
    if (leader && leader['free'] !== true) return leaderOf(leader);
    const { epoch, held } = await session.change(async (query) => {
      const { rows: taken } = await query(take, [federation, coordinator, run, leaseMs, unrenewed]);
      if (taken[0]) return { epoch: String(taken[0]['epoch']) };
      return { held: leaderOf((await query(look, [federation, run, unrenewed])).rows[0]) };
    });
    fence.epoch = epoch;
    return held;
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

const leaderOf = (row: Readonly<Record<string, unknown>> | undefined): LogLeader => ({
  coordinator: String(row?.['coordinator']),
  sinceMs: Number(row?.['since'] ?? 0),
  renewal: String(row?.['renewal']),
});

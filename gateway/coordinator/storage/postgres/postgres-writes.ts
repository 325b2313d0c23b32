import type { PostgresSession, Query } from './postgres-session';

type Write = (query: Query) => Promise<unknown>;

/**
 * The writes of one model. Those of a checkpoint are gathered while it is being laid out as bytes, which takes many turns of
 * the event loop; then they run in one transaction, which holds nobody up for longer than the server needs for them.
 */
export class PostgresWrites {
  private gathered: Write[] | undefined;

  constructor(private readonly session: PostgresSession) {}

  /** Whether a checkpoint is being laid out. */
  get areGathered(): boolean {
    return this.gathered !== undefined;
  }

  /** Runs a write; of a checkpoint that is being laid out, later. @throws FtteError `storage` */
  async run(write: Write): Promise<void> {
    if (this.gathered) this.gathered.push(write);
    else await this.session.lead(write);
  }

  /**
   * Lays out a checkpoint, and runs its writes in one transaction.
   * @param layOut resolves when all writes were given to `run`
   * @throws FtteError `storage`; none of them has run then, unless the last answer was lost
   */
  async together(layOut: () => Promise<void>): Promise<void> {
    const gathered: Write[] = [];
    this.gathered = gathered;
    try {
      await layOut();
    } finally {
      this.gathered = undefined;
    }
    await this.session.lead(async (query) => {
      for (const write of gathered) await write(query);
    });
  }
}

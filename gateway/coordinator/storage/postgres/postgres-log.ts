import { runAsync, runSync, type YieldToEventLoop } from '../../../platform';
import { decodeRecordsInSteps, encodeRecord, type JournalEntry } from '../journal-record';
import { keyOf, type LoggedUpdates, type UpdateLog } from '../log/update-log';
import { PostgresFiles } from './postgres-files';
import type { PostgresSession } from './postgres-session';
import { PostgresWrites } from './postgres-writes';

/** Updates in one statement: each takes three of its 65 535 parameters. */
const mostRows = 1_000;

interface Insert {
  readonly text: string;
  readonly values: readonly unknown[];
}

/**
 * The log of one model in Postgres. An append is one transaction, and so is a checkpoint, in which the lease is checked:
 * the key of an update is unique, and a coordinator that was replaced writes nothing.
 */
export class PostgresLog implements UpdateLog {
  readonly isDurable = true;
  readonly isAtomic = true;
  readonly files: PostgresFiles;
  readonly trail: PostgresFiles;
  private readonly writes: PostgresWrites;
  /** Positions of appends whose outcome is not known. */
  private doubtful: number[] = [];

  constructor(
    private readonly session: PostgresSession,
    private readonly model: string,
    private readonly turn: YieldToEventLoop | undefined,
    private readonly closed: () => Promise<void>,
  ) {
    this.writes = new PostgresWrites(session);
    this.files = new PostgresFiles(session, this.writes, model);
    this.trail = this.files;
  }

  get place(): string {
    return this.session.place;
  }

  async read(): Promise<LoggedUpdates> {
    const { rows } = await this.session.query(
      'SELECT bytes FROM ftte_update WHERE federation = $1 AND model = $2 ORDER BY position',
      [this.session.federation, this.model],
    );
    const steps = decodeRecordsInSteps(Buffer.concat(rows.map(({ bytes }) => bytes as Buffer)));
    const found = this.turn ? await runAsync(steps, this.turn) : runSync(steps);
    const isDamaged = found.damaged + found.repaired > 0;
    return { ...found, damagedFiles: isDamaged ? [`ftte_update at ${this.place}`] : [] };
  }

  async append(entries: readonly JournalEntry[]): Promise<readonly JournalEntry[]> {
    await this.settle();
    const positions = entries.map(({ contribution }) => contribution.sequence);
    const inserts: Insert[] = [];
    for (let from = 0; from < entries.length; from += mostRows)
      inserts.push(this.insertOf(entries.slice(from, from + mostRows)));
    try {
      const taken = await this.session.lead(async (query) => {
        const found = new Set<number>();
        for (const { text, values } of inserts)
          for (const { position } of (await query(text, values)).rows) found.add(Number(position));
        return found;
      });
      return entries.filter(({ contribution }) => !taken.has(contribution.sequence));
    } catch (error) {
      this.doubtful.push(...positions);
      throw error;
    }
  }

  async settle(): Promise<void> {
    if (this.doubtful.length === 0) return;
    await this.session.lead((query) =>
      query('DELETE FROM ftte_update WHERE federation = $1 AND model = $2 AND position = ANY($3::bigint[])', [
        this.session.federation,
        this.model,
        this.doubtful,
      ]),
    );
    this.doubtful = [];
  }

  checkpoint(write: () => Promise<void>): Promise<void> {
    return this.files.together(write);
  }

  async release(through: number): Promise<void> {
    await this.writes.run((query) =>
      query('DELETE FROM ftte_update WHERE federation = $1 AND model = $2 AND position <= $3', [
        this.session.federation,
        this.model,
        through,
      ]),
    );
  }

  async reset(): Promise<string> {
    const { federation } = this.session;
    const { rows } = await this.session.query(
      `SELECT count(DISTINCT model) AS count FROM ftte_file WHERE federation = $1 AND model LIKE $2`,
      [federation, `${this.model}.damaged-%`],
    );
    const aside = `${this.model}.damaged-${Number(rows[0]?.['count']) + 1}`;
    await this.session.lead(async (query) => {
      for (const table of ['ftte_file', 'ftte_update'])
        await query(`UPDATE ${table} SET model = $3 WHERE federation = $1 AND model = $2`, [
          federation,
          this.model,
          aside,
        ]);
    });
    this.doubtful = [];
    return `model ${aside} of the tables at ${this.place}`;
  }

  close(): Promise<void> {
    return this.closed();
  }

  /** The query that takes updates whose keys are new, and names their positions. */
  private insertOf(entries: readonly JournalEntry[]): Insert {
    const values: unknown[] = [this.session.federation, this.model];
    const rows = entries.map((entry) => {
      values.push(entry.contribution.sequence, keyOf(entry), Buffer.concat(encodeRecord(entry)));
      const at = values.length;
      return `($1, $2, $${at - 2}::bigint, $${at - 1}, $${at}::bytea)`;
    });
    const text = `INSERT INTO ftte_update VALUES ${rows.join(', ')}
       ON CONFLICT (federation, model, key) DO NOTHING RETURNING position`;
    return { text, values };
  }
}

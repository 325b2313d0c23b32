import { createHash } from 'node:crypto';
import { SerialQueue } from '../../../platform';
import { optionalPackage } from '../shared/optional-package';
import { deposedError, type LogConnectionOptions, logError } from '../shared/shared-log';
import type { Pg, PgClient, PgResult } from './pg';
import { endsConnection, isSqlState, postgresError } from './postgres-errors';
import { prepareSchema } from './postgres-schema';

/** The right to write: the number of the lease, which a later holder replaces by a higher one. */
export interface Fence {
  /** Undefined before the lease was taken. */
  epoch: string | undefined;
}

/** Runs one query of a transaction. */
export type Query = (text: string, values?: readonly unknown[]) => Promise<PgResult>;

/** Advisory locks of this class are of the leader of a federation; the second number is a hash of its name. */
const leaderLocks = 0x46_54_4c_44;

/** A connection to Postgres that is made when it is needed, and made again after it broke. One job at a time. */
export class PostgresSession {
  private readonly queue = new SerialQueue();
  private client: PgClient | undefined;
  private readonly lock: string;

  /** @param place the address for people */
  constructor(
    readonly place: string,
    private readonly options: LogConnectionOptions,
    private readonly fence: Fence,
  ) {
    const hash = createHash('sha256').update(options.federation).digest().readInt32BE(0);
    this.lock = `${leaderLocks}, ${hash}`;
  }

  get federation(): string {
    return this.options.federation;
  }

  /** Runs a query by itself. @throws FtteError `storage` */
  query(text: string, values: readonly unknown[] = []): Promise<PgResult> {
    return this.queue.run(async () => {
      try {
        return await this.ask(await this.connected(), text, values);
      } catch (error) {
        throw postgresError(this.place, error);
      }
    });
  }

  /**
   * Runs writes of the leader in one transaction. Another coordinator gets the lease only when it has ended, so that it reads
   * what was written; renewing the lease does not wait for it.
   * @throws FtteError `storage`; nothing is written then, unless the answer to the last query was lost
   */
  lead<T>(job: (query: Query) => Promise<T>): Promise<T> {
    return this.transaction('pg_advisory_xact_lock_shared', async (query) => {
      const { rowCount } = await query('SELECT 1 FROM ftte_leader WHERE federation = $1 AND epoch = $2', [
        this.federation,
        this.fence.epoch ?? '-1',
      ]);
      if (rowCount !== 1) throw deposedError(this.place);
      return job(query);
    });
  }

  /** Changes who leads, in a transaction that waits for the writes of the leader before. @throws FtteError `storage` */
  change<T>(job: (query: Query) => Promise<T>): Promise<T> {
    return this.transaction('pg_advisory_xact_lock', job);
  }

  close(): Promise<void> {
    return this.queue.run(async () => {
      const { client } = this;
      this.client = undefined;
      await client?.end().catch(() => undefined);
    });
  }

  private transaction<T>(lock: string, job: (query: Query) => Promise<T>): Promise<T> {
    return this.queue.run(async () => {
      let client: PgClient | undefined;
      try {
        const own = await this.connected();
        client = own;
        // The next query is one of its own, because it has to see what the lock has waited for. In a transaction of another level,
        // which may be the default of the server, it would see what there was before that.
        await this.ask(own, `BEGIN ISOLATION LEVEL READ COMMITTED; SELECT ${lock}(${this.lock})`);
        const result = await job((text, values) => this.ask(own, text, values));
        const { command } = await this.ask(own, 'COMMIT');
        if (command === 'ROLLBACK')
          throw logError(this.place, 'rollback', 'has undone a transaction in which a query had failed');
        return result;
      } catch (error) {
        if (client) await this.undo(client);
        throw postgresError(this.place, error);
      }
    });
  }

  private async ask(client: PgClient, text: string, values?: readonly unknown[]): Promise<PgResult> {
    try {
      // Another connection would go on without the transaction, and without the check of the lease.
      if (this.client !== client) throw new Error('the connection has ended in the middle of a transaction');
      return await client.query(text, values);
    } catch (error) {
      // After a time-out the answer may still come, and would be taken for that of the next query.
      if (!isSqlState(error) || endsConnection(error)) this.drop(client);
      throw postgresError(this.place, error);
    }
  }

  private async undo(client: PgClient): Promise<void> {
    if (this.client === client) await this.ask(client, 'ROLLBACK').catch(() => this.drop(client));
  }

  private async connected(): Promise<PgClient> {
    if (this.client) return this.client;
    const { Client } = await optionalPackage<Pg>('pg', 'a log in Postgres');
    const { url, user, password, patienceMs } = this.options;
    const client = new Client({
      connectionString: withLogin(url, user, password),
      application_name: 'ftte',
      connectionTimeoutMillis: patienceMs,
      query_timeout: patienceMs,
      statement_timeout: patienceMs,
      // A leader that stopped in a transaction must not hold up the next one.
      idle_in_transaction_session_timeout: Math.min(3_000, patienceMs),
      keepAlive: true,
    });
    const gone = () => {
      if (this.client === client) this.client = undefined;
    };
    client.on('error', gone);
    client.on('end', gone);
    try {
      await client.connect();
      await prepareSchema(client, this.place);
    } catch (error) {
      void client.end().catch(() => undefined);
      throw error;
    }
    this.client = client;
    return client;
  }

  private drop(client: PgClient): void {
    if (this.client !== client) return;
    this.client = undefined;
    void client.end().catch(() => undefined);
  }
}

/** An address with a login: `pg` takes what an address has no login for as a login without a name. */
function withLogin(address: string, user = '', password = ''): string {
  const url = new URL(address);
  url.username = encodeURIComponent(user);
  url.password = encodeURIComponent(password);
  return url.href;
}

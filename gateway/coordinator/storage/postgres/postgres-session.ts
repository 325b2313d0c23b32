import { SerialQueue } from '../../../platform';
import { optionalPackage } from '../shared/optional-package';
import { deposedError } from '../shared/shared-log';
import type { Pg, PgClient, PgResult } from './pg';
import { isSqlState, postgresError } from './postgres-errors';
import { prepareSchema } from './postgres-schema';

/** Options of a Postgres log. */
export interface PostgresOptions {
  /** `postgres://host:port/database`, as `pg` reads it. */
  readonly url: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly federation: string;
  /** Longest wait for a connection or an answer, ms. */
  readonly patienceMs: number;
}

/** The right to write: the number of the lease, which a later holder replaces by a higher one. */
export interface Fence {
  /** Undefined before the lease was taken. */
  epoch: string | undefined;
}

/** A connection to Postgres that is made when it is needed, and made again after it broke. One job at a time. */
export class PostgresSession {
  private readonly queue = new SerialQueue();
  private client: PgClient | undefined;
  private isInside = false;

  /** @param place the address for people */
  constructor(
    readonly place: string,
    private readonly options: PostgresOptions,
    private readonly fence: Fence,
  ) {}

  get federation(): string {
    return this.options.federation;
  }

  /** Runs a query. @throws FtteError `storage` */
  async query(text: string, values: readonly unknown[] = []): Promise<PgResult> {
    try {
      const client = await this.connected();
      return await client.query(text, values);
    } catch (error) {
      // After a time-out the answer may still come, and would be taken for that of the next query.
      if (!isSqlState(error)) this.drop();
      throw postgresError(this.place, error);
    }
  }

  /** Runs writes of the leader in one transaction; inside another one, as a part of it. @throws FtteError `storage` */
  lead<T>(job: () => Promise<T>): Promise<T> {
    if (this.isInside) return job();
    return this.queue.run(async () => {
      this.isInside = true;
      try {
        await this.query('BEGIN');
        // It holds up a new leader until this is done, so that the new leader reads it.
        const { rowCount } = await this.query(
          'SELECT 1 FROM ftte_leader WHERE federation = $1 AND epoch = $2 FOR SHARE',
          [this.federation, this.fence.epoch ?? '-1'],
        );
        if (rowCount !== 1) throw deposedError(this.place);
        const result = await job();
        await this.query('COMMIT');
        return result;
      } catch (error) {
        if (this.client) await this.query('ROLLBACK').catch(() => undefined);
        throw error;
      } finally {
        this.isInside = false;
      }
    });
  }

  async close(): Promise<void> {
    const { client } = this;
    this.client = undefined;
    await client?.end().catch(() => undefined);
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

  private drop(): void {
    const { client } = this;
    this.client = undefined;
    void client?.end().catch(() => undefined);
  }
}

/** An address with a login: `pg` takes what an address has no login for as a login without a name. */
function withLogin(address: string, user = '', password = ''): string {
  const url = new URL(address);
  url.username = encodeURIComponent(user);
  url.password = encodeURIComponent(password);
  return url.href;
}

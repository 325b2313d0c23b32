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

/** A connection to Postgres that is made when it is needed, and made again after it broke. One job at a time. */
export class PostgresSession {
  private readonly queue = new SerialQueue();
  private client: PgClient | undefined;
  private connecting: Promise<PgClient> | undefined;
  /** The connection of the transaction that is running. */
  private inside: PgClient | undefined;

  /** @param place the address for people */
  constructor(
    readonly place: string,
    private readonly options: LogConnectionOptions,
    private readonly fence: Fence,
  ) {}

  get federation(): string {
    return this.options.federation;
  }

  /** Runs a query. Inside a transaction it is a part of it, or fails. @throws FtteError `storage` */
  async query(text: string, values: readonly unknown[] = []): Promise<PgResult> {
    const { inside } = this;
    if (inside) return this.ask(inside, text, values);
    let client: PgClient;
    try {
      client = await this.connected();
    } catch (error) {
      throw postgresError(this.place, error);
    }
    return this.ask(client, text, values);
  }

  /** Runs writes of the leader in one transaction; inside another one, as a part of it. @throws FtteError `storage` */
  lead<T>(job: () => Promise<T>): Promise<T> {
    if (this.inside) return job();
    return this.queue.run(async () => {
      let client: PgClient | undefined;
      try {
        client = await this.connected();
        await this.ask(client, 'BEGIN');
        // It holds up a new leader until this is done, so that the new leader reads it.
        const { rowCount } = await this.ask(
          client,
          'SELECT 1 FROM ftte_leader WHERE federation = $1 AND epoch = $2 FOR SHARE',
          [this.federation, this.fence.epoch ?? '-1'],
        );
        if (rowCount !== 1) throw deposedError(this.place);
        this.inside = client;
        const result = await job();
        const { command } = await this.ask(client, 'COMMIT');
        if (command === 'ROLLBACK')
          throw logError(this.place, 'rollback', 'has undone a transaction in which a query had failed');
        return result;
      } catch (error) {
        if (client) await this.undo(client);
        throw postgresError(this.place, error);
      } finally {
        this.inside = undefined;
      }
    });
  }

  async close(): Promise<void> {
    await this.connecting?.catch(() => undefined);
    const { client } = this;
    this.client = undefined;
    await client?.end().catch(() => undefined);
  }

  private async ask(client: PgClient, text: string, values: readonly unknown[] = []): Promise<PgResult> {
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

  private connected(): Promise<PgClient> {
    if (this.client) return Promise.resolve(this.client);
    this.connecting ??= this.connect().finally(() => {
      this.connecting = undefined;
    });
    return this.connecting;
  }

  private async connect(): Promise<PgClient> {
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

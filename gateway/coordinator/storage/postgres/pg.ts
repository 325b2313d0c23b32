/** The part of the package `pg` that is used here; `pg` is an optional peer, so its own types may be missing. */
export interface Pg {
  readonly Client: new (options: PgOptions) => PgClient;
}

/** Options of a connection. */
export interface PgOptions {
  readonly connectionString: string;
  readonly application_name: string;
  readonly connectionTimeoutMillis: number;
  readonly query_timeout: number;
  readonly statement_timeout: number;
  readonly idle_in_transaction_session_timeout: number;
  readonly keepAlive: boolean;
}

/** One connection. */
export interface PgClient {
  connect(): Promise<void>;
  query(text: string, values?: readonly unknown[]): Promise<PgResult>;
  on(event: 'error' | 'end', listener: (error?: Error) => void): void;
  end(): Promise<void>;
}

/** The answer to a query. */
export interface PgResult {
  /** The tag of the command: `ROLLBACK` for a COMMIT of a transaction that had failed. */
  readonly command?: string;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly rowCount: number | null;
}

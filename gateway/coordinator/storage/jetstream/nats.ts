/** The parts of `@nats-io/transport-node` and `@nats-io/jetstream` that are used here; both are optional peers. */
export interface NatsTransport {
  connect(options: NatsOptions): Promise<NatsConnection>;
}

/** Options of a connection. */
export interface NatsOptions {
  readonly servers: readonly string[];
  readonly user?: string | undefined;
  readonly pass?: string | undefined;
  readonly name: string;
  readonly timeout: number;
  readonly tls?: Readonly<Record<string, never>> | undefined;
  readonly maxReconnectAttempts: number;
  readonly reconnectTimeWait: number;
}

/** A connection, which connects again by itself. */
export interface NatsConnection {
  readonly info?: { readonly max_payload: number };
  isClosed(): boolean;
  close(): Promise<void>;
}

/** The package `@nats-io/jetstream`. */
export interface JetStreamPackage {
  jetstream(connection: NatsConnection, options: { readonly timeout: number }): JetStreamClient;
  jetstreamManager(
    connection: NatsConnection,
    options: { readonly timeout: number },
  ): Promise<JetStreamManager>;
}

/** Publishes messages that a stream stores. */
export interface JetStreamClient {
  publish(
    subject: string,
    data: Uint8Array,
    options: {
      readonly expect?: { readonly lastSequence?: number; readonly lastSubjectSequence?: number };
      readonly retries?: number;
      readonly timeout: number;
    },
  ): Promise<{ readonly seq: number }>;
}

/** Makes and reads streams. */
export interface JetStreamManager {
  readonly streams: {
    add(config: Readonly<Record<string, unknown>>): Promise<unknown>;
    /** Changes some settings of a stream. */
    update(stream: string, config: Readonly<Record<string, unknown>>): Promise<unknown>;
    info(
      stream: string,
      options?: { readonly subjects_filter: string },
    ): Promise<{
      /** Of a server in a cluster. */
      readonly cluster?: { readonly leader?: string };
      readonly config: { readonly description?: string; readonly max_msgs_per_subject: number };
      readonly state: { readonly last_seq: number; readonly subjects?: Readonly<Record<string, number>> };
    }>;
    purge(stream: string, options: { readonly filter: string; readonly seq?: number }): Promise<unknown>;
    getMessage(
      stream: string,
      query: { readonly last_by_subj: string } | { readonly seq: number; readonly next_by_subj?: string },
    ): Promise<StoredMessage | null>;
  };
}

/** A message of a stream. */
export interface StoredMessage {
  readonly subject: string;
  readonly seq: number;
  readonly data: Uint8Array;
  /** By the clock of the server. */
  readonly time: Date;
}

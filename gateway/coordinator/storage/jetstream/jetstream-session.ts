import { SerialQueue } from '../../../platform';
import { optionalPackage } from '../shared/optional-package';
import type { LogConnectionOptions } from '../shared/shared-log';
import type {
  JetStreamClient,
  JetStreamManager,
  JetStreamPackage,
  NatsConnection,
  NatsTransport,
} from './nats';
import { isMissingMessage, natsError } from './nats-errors';

/** An open connection with what is used of JetStream. */
export interface OpenJetStream {
  readonly connection: NatsConnection;
  readonly client: JetStreamClient;
  readonly streams: JetStreamManager['streams'];
}

/** A connection to NATS that is made when it is needed. */
export class JetStreamSession {
  private readonly queue = new SerialQueue();
  private opened: OpenJetStream | undefined;

  /** @param place the addresses for people */
  constructor(
    readonly place: string,
    readonly options: LogConnectionOptions,
  ) {}

  /** Runs a job with the connection. @throws FtteError `storage`; `rethrow` may let an error through as it is */
  async use<T>(job: (open: OpenJetStream) => Promise<T>, rethrow?: (error: unknown) => boolean): Promise<T> {
    try {
      return await job(await this.queue.run(() => this.open()));
    } catch (error) {
      if (rethrow?.(error)) throw error;
      throw natsError(this.place, error);
    }
  }

  /** The newest message of a subject, or the next one from a sequence number on; undefined if there is none. */
  message(stream: string, query: Parameters<JetStreamManager['streams']['getMessage']>[1]) {
    return this.use(async ({ streams }) => {
      try {
        return (await streams.getMessage(stream, query)) ?? undefined;
      } catch (error) {
        if (isMissingMessage(error)) return undefined;
        throw error;
      }
    });
  }

  /** Ends the connection, also one that is being made. */
  close(): Promise<void> {
    return this.queue.run(async () => {
      const { opened } = this;
      this.opened = undefined;
      await opened?.connection.close().catch(() => undefined);
    });
  }

  private async open(): Promise<OpenJetStream> {
    if (this.opened && !this.opened.connection.isClosed()) return this.opened;
    const purpose = 'a log in NATS';
    const needed = '@nats-io/transport-node @nats-io/jetstream';
    const { connect } = await optionalPackage<NatsTransport>('@nats-io/transport-node', purpose, needed);
    const { jetstream, jetstreamManager } = await optionalPackage<JetStreamPackage>(
      '@nats-io/jetstream',
      purpose,
      needed,
    );
    const { url, user, password, patienceMs: timeout } = this.options;
    const connection = await connect({
      servers: url.split(',').map((one) => one.trim().replace(/^tls:/, 'nats:')),
      ...(user !== undefined && { user }),
      ...(password !== undefined && { pass: password }),
      ...(/^tls:/.test(url) && { tls: {} }),
      name: 'ftte',
      timeout,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 500,
    });
    try {
      const { streams } = await jetstreamManager(connection, { timeout });
      this.opened = { connection, client: jetstream(connection, { timeout }), streams };
      return this.opened;
    } catch (error) {
      await connection.close().catch(() => undefined);
      throw error;
    }
  }
}

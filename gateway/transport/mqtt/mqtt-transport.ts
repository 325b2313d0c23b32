import {
  Backoff,
  type BackoffOptions,
  type Clock,
  consoleLog,
  FtteError,
  type Log,
  messageOf,
  noticeCodeOf,
  type Random,
  systemClock,
  systemRandom,
  type Timer,
} from '../../platform';
import { ConnectionState } from '../shared/connection-state';
import { ConnectionLost, type Outgoing, SendQueue } from '../shared/send-queue';
import { SubscriptionTable } from '../shared/subscriptions';
import type { Delivery, PublishOptions, Transport, TransportState } from '../shared/transport';
import { type ConnectionEnd, type ConnectionOptions, MqttConnection } from './mqtt-connection';
import { trouble } from './mqtt-errors';
import { OutageReporter } from './outage';

/** Options of an MQTT client: the broker, and limits of sizes, queues and waits. */
export interface MqttTransportOptions extends ConnectionOptions {
  /** 5 or 4 (3.1.1). Default: 5, and 4 if the broker does not support 5. */
  readonly protocolVersion?: 4 | 5;
  /**
   * Largest payload that is sent in one piece. A broker that announces less lowers it. Default 128 KiB, which every
   * broker accepts.
   */
  readonly maxPayloadBytes?: number;
  /** QoS 1 messages that may wait for the broker. Default 1000 messages, and 64 MiB of payload. */
  readonly maxQueuedMessages?: number;
  readonly maxQueuedBytes?: number;
  /** Waits between attempts. Default 1 s to 60 s, up to a quarter shorter or longer at random. */
  readonly backoff?: BackoffOptions;
  /** The time that `close` may wait for queued messages, in ms. Default 3 s. */
  readonly drainTimeoutMs?: number;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Default: warnings and errors go to standard error. */
  readonly log?: Log;
  /**
   * The time without a connection, in ms, after which the log gives the reason, once per reason. Default 5 s; 0: never.
   */
  readonly outageReportMs?: number;
}

/** Bytes of a packet beside its payload: fixed header, topic, packet id and properties. */
const packetOverhead = 512;
/** If a connection was open for this time, its failure counts as the first one again. */
const stableMs = 30_000;
/** Most QoS 1 messages in flight at the same time. */
const largestWindow = 16;

/** A connection to an MQTT broker that reconnects. Its queue and its subscriptions survive the loss of a connection. */
export class MqttTransport implements Transport {
  private readonly connectionState: ConnectionState;
  private readonly table: SubscriptionTable;
  private readonly queue: SendQueue;
  private readonly backoff: Backoff;
  private readonly outage: OutageReporter;
  private readonly clock: Clock;
  private readonly log: Log;
  private connection: MqttConnection | undefined;
  private version: 4 | 5;
  private announcedBytes = Number.POSITIVE_INFINITY;
  private onlineSince: number | undefined;
  private retry: Timer | undefined;
  /** Callbacks that wait for the broker's answer to a filter. */
  private readonly waiters = new Map<string, ((error?: Error) => void)[]>();
  private opened = false;
  private closing: Promise<void> | undefined;

  /** @throws FtteError `config-invalid` for a URL that cannot be used */
  constructor(private readonly options: MqttTransportOptions) {
    const url = URL.canParse(options.url) ? new URL(options.url) : undefined;
    if (!url || !['mqtt:', 'mqtts:', 'ws:', 'wss:'].includes(url.protocol) || url.hostname === '')
      throw new FtteError(
        'config-invalid',
        `url is "${options.url}", expected mqtt://, mqtts://, ws:// or wss:// with a host`,
        { field: 'url' },
      );
    this.log = options.log ?? consoleLog;
    this.clock = options.clock ?? systemClock;
    this.connectionState = new ConnectionState(this.log);
    this.table = new SubscriptionTable(this.log);
    this.queue = new SendQueue({
      maxMessages: options.maxQueuedMessages ?? 1000,
      maxBytes: options.maxQueuedBytes ?? 64 * 1024 * 1024,
    });
    this.backoff = new Backoff(options.backoff ?? {}, options.random ?? systemRandom());
    this.outage = new OutageReporter({
      url: options.url,
      clock: this.clock,
      log: this.log,
      afterMs: options.outageReportMs ?? 5_000,
    });
    this.version = options.protocolVersion ?? 5;
  }

  get state(): TransportState {
    return this.connectionState.state;
  }

  get maxPayloadBytes(): number {
    return Math.min(this.options.maxPayloadBytes ?? 128 * 1024, this.announcedBytes);
  }

  get lastError(): Error | undefined {
    return this.connectionState.lastError;
  }

  /** The version of MQTT that is used or tried; 4 is 3.1.1. */
  get protocolVersion(): 4 | 5 {
    return this.version;
  }

  onState(listener: (state: TransportState, error?: Error) => void): () => void {
    return this.connectionState.on(listener);
  }

  open(): void {
    if (this.opened || this.closing) return;
    this.opened = true;
    this.attempt();
  }

  publish(topic: string, payload: Uint8Array, options: PublishOptions = {}): Promise<void> {
    if (this.closing)
      return Promise.reject(new FtteError('offline', `the transport is closed; ${topic} is not sent`));
    if (payload.length > this.maxPayloadBytes) {
      const text = `${topic}: ${payload.length} bytes, the broker accepts ${this.maxPayloadBytes}`;
      return Promise.reject(trouble('not-allowed', text));
    }
    const message: Outgoing = { topic, payload, retain: options.retain ?? false };
    if (options.qos !== 0) return this.queue.push(message);
    const lost = new FtteError('offline', `there is no connection; ${topic} is not sent`);
    if (!this.connection || this.state !== 'online') return Promise.reject(lost);
    return this.connection.publish(message, 0).catch((error) => {
      throw error instanceof ConnectionLost ? lost : error;
    });
  }

  async subscribe(filter: string, handler: (delivery: Delivery) => void): Promise<() => Promise<void>> {
    if (this.closing) throw new FtteError('offline', `the transport is closed; ${filter} is not subscribed`);
    const remove = this.table.add(filter, handler);
    try {
      await new Promise<void>((resolve, reject) => {
        const waiter = (error?: Error) => (error ? reject(error) : resolve());
        this.waiters.set(filter, [...(this.waiters.get(filter) ?? []), waiter]);
        if (this.connection?.open) void this.request(this.connection, filter);
      });
    } catch (error) {
      remove();
      throw error;
    }
    return async () => {
      if (remove() && this.connection?.open && !this.closing)
        await this.within(5_000, this.connection.unsubscribe(filter));
    };
  }

  close(): Promise<void> {
    this.closing ??= this.closeNow();
    return this.closing;
  }

  private async closeNow(): Promise<void> {
    this.retry?.cancel();
    if (this.connection && this.state === 'online')
      await this.within(this.options.drainTimeoutMs ?? 3_000, this.queue.drained());
    const connection = this.connection;
    this.connection = undefined;
    this.queue.disconnected();
    const gone = new FtteError('offline', 'the transport was closed before the broker received the message');
    this.queue.fail(gone);
    for (const filter of [...this.waiters.keys()]) this.settle(filter, gone);
    this.connectionState.set('offline');
    if (!connection) return;
    if (connection.open) await this.within(1_000, connection.goodbye());
    await connection.destroy();
  }

  private attempt(): void {
    if (this.closing) return;
    this.connectionState.set('connecting');
    try {
      const connection = MqttConnection.start(this.options, this.version, {
        opened: ({ maximumPacketSize: limit, receiveMaximum }) => {
          this.announcedBytes = limit ? Math.max(0, limit - packetOverhead) : Number.POSITIVE_INFINITY;
          void this.begin(connection, Math.min(largestWindow, receiveMaximum ?? largestWindow));
        },
        message: (topic, payload, retained) => this.table.dispatch(topic, payload, retained),
        ended: (end) => this.ended(end),
      });
      this.connection = connection;
    } catch (error) {
      this.failed(error instanceof FtteError ? error : trouble('closed', messageOf(error), error));
    }
  }

  /** The broker accepted the connection: the subscriptions are renewed before anything is sent or reported. */
  private async begin(connection: MqttConnection, window: number): Promise<void> {
    const restored = Promise.all(this.table.filters.map((filter) => this.request(connection, filter)));
    const inTime = await this.within(this.options.connectTimeoutMs ?? 15_000, restored);
    if (this.connection !== connection || !connection.open || this.closing) return;
    if (!inTime) {
      void connection.destroy();
      const error = trouble('closed', `the broker ${this.options.url} does not confirm subscriptions`);
      this.ended({ error, otherVersion: false });
      return;
    }
    this.onlineSince = this.clock.now();
    this.connectionState.set('online');
    this.outage.connected();
    this.queue.connected((message) => connection.publish(message, 1), window);
  }

  private ended({ error, otherVersion }: ConnectionEnd): void {
    this.connection = undefined;
    this.queue.disconnected();
    if (otherVersion && this.options.protocolVersion === undefined) {
      this.version = this.version === 5 ? 4 : 5;
      // The older version is tried at once. If both versions were tried, the transport waits.
      if (this.version === 4) {
        this.attempt();
        return;
      }
    }
    this.failed(error);
  }

  private failed(error: FtteError): void {
    const { onlineSince } = this;
    this.onlineSince = undefined;
    if (onlineSince !== undefined && this.clock.now() - onlineSince >= stableMs) {
      this.backoff.reset();
      this.outage.stable();
    }
    this.connectionState.set('offline', error);
    if (this.closing) return;
    this.outage.failed(error, onlineSince !== undefined);
    this.retry = this.clock.after(this.backoff.next(), () => this.attempt(), { holdsProcess: true });
  }

  /** Subscribes to the filter and settles its waiters. If the connection dies, they wait for the next one. */
  private async request(connection: MqttConnection, filter: string): Promise<void> {
    try {
      await connection.subscribe(filter);
      this.settle(filter);
    } catch (error) {
      if (!(error instanceof FtteError)) return;
      // If an existing subscription is refused, nobody waits for the answer, so it is logged.
      if (!this.settle(filter, error)) this.log.warn(error.message, noticeCodeOf(error));
    }
  }

  private settle(filter: string, error?: Error): boolean {
    const waiting = this.waiters.get(filter) ?? [];
    this.waiters.delete(filter);
    for (const waiter of waiting) waiter(error);
    return waiting.length > 0;
  }

  /** Waits for `work` for a limited time. @returns whether it was done in time */
  private within(limitMs: number, work: Promise<unknown>): Promise<boolean> {
    return new Promise((resolve) => {
      const limit = this.clock.after(limitMs, () => resolve(false));
      const done = () => {
        limit.cancel();
        resolve(true);
      };
      work.then(done, done);
    });
  }
}

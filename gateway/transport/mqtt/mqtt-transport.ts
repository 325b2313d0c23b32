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
import type {
  Delivery,
  PublishOptions,
  SubscribeOptions,
  Transport,
  TransportState,
} from '../shared/transport';
import { BrokerCapabilities } from './broker-capabilities';
import {
  type BrokerLimits,
  type ConnectionEnd,
  type ConnectionOptions,
  MqttConnection,
} from './mqtt-connection';
import { endsConnectionAt, trouble, troubleOf } from './mqtt-errors';
import { OutageReporter } from './outage';
import { SubscriptionRequests } from './subscription-requests';

/** Options of an MQTT client: the broker, and limits of sizes and waits. */
export interface MqttTransportOptions extends ConnectionOptions {
  /** 5 or 4 (3.1.1). Default: 5, and 4 if the broker does not support 5. */
  readonly protocolVersion?: 4 | 5;
  /**
   * Largest payload that is sent in one piece. A broker that announces less lowers it, and so does one that ends the
   * connection at it. Default 128 KiB.
   */
  readonly maxPayloadBytes?: number;
  /** Waits between attempts. Default 1 s to 60 s, up to a quarter shorter or longer at random. */
  readonly backoff?: BackoffOptions;
  /** The time that `close` may wait for queued messages, in ms. Default 3 s. */
  readonly drainTimeoutMs?: number;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Default: warnings and errors go to standard error. */
  readonly log?: Log;
  /**
   * The time after which the log gives the reason why a lost connection does not come back, ms, once per reason. Before the
   * first connection it gives it at once. Default 5 s; 0: never.
   */
  readonly outageReportMs?: number;
  /** Adds to a failure of the connection what this client knows about it, before it is reported. */
  readonly explain?: (error: FtteError) => FtteError;
}

/**
 * Time after which an acknowledged message counts as accepted if it is larger than all before. Mosquitto may acknowledge
 * a message above its message_size_limit over MQTT 3.1.1, and then end the connection.
 */
const acknowledgedMs = 500;
/** If a connection was open for this time, its failure counts as the first one again. */
const stableMs = 30_000;
/** Most QoS 1 messages in flight at the same time. */
const largestWindow = 16;

/** A connection to an MQTT broker that reconnects. Its queue and its subscriptions survive the loss of a connection. */
export class MqttTransport implements Transport {
  private readonly connectionState: ConnectionState;
  private readonly table: SubscriptionTable;
  /** The quality of service of each filter. */
  private readonly qualities = new Map<string, 0 | 1>();
  private readonly queue: SendQueue;
  private readonly backoff: Backoff;
  private readonly outage: OutageReporter;
  private readonly clock: Clock;
  private readonly log: Log;
  private connection: MqttConnection | undefined;
  private version: 4 | 5;
  private onlineSince: number | undefined;
  private retry: Timer | undefined;
  private readonly requests: SubscriptionRequests;
  private readonly capabilities: BrokerCapabilities;
  /** False if the broker ended a connection with a retained will before it answered: the next attempt has none. */
  private retainsWill = true;
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
    this.queue = new SendQueue();
    const random = options.random ?? systemRandom();
    this.backoff = new Backoff(options.backoff ?? {}, random);
    this.outage = new OutageReporter({
      url: options.url,
      clock: this.clock,
      log: this.log,
      afterMs: options.outageReportMs ?? 5_000,
    });
    this.capabilities = new BrokerCapabilities({
      url: options.url,
      clientId: options.clientId,
      maxPayloadBytes: options.maxPayloadBytes ?? 128 * 1024,
      log: this.log,
      reject: (choose) => this.queue.reject(choose),
    });
    this.requests = new SubscriptionRequests({
      clock: this.clock,
      random,
      refusal: (filter) => endsConnectionAt(options.url, `the subscription ${filter}`, 'subscribe to it?'),
      onRefused: (error) => this.log.warn(error.message, noticeCodeOf(error)),
      again: (filter) => {
        const { connection } = this;
        if (!connection?.open || !this.table.filters.includes(filter)) return false;
        void this.requests.request(filter, this.askingAt(connection));
        return true;
      },
    });
    this.version = options.protocolVersion ?? 5;
  }

  get state(): TransportState {
    return this.connectionState.state;
  }

  get maxPayloadBytes(): number {
    return this.capabilities.maxPayloadBytes;
  }

  get retains(): boolean {
    return this.capabilities.retains;
  }

  /** A PUBACK of MQTT 3.1.1 has no reason code. */
  get dropsSilently(): boolean {
    return this.version === 4;
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
    const message: Outgoing = { topic, payload, retain: options.retain ?? false };
    const refused = this.capabilities.tooLarge(message) ?? this.capabilities.heldBack(message);
    if (refused) return Promise.reject(refused);
    if (options.qos !== 0) return this.queue.push(message);
    const lost = new FtteError('offline', `there is no connection; ${topic} is not sent`);
    if (!this.connection || this.state !== 'online') return Promise.reject(lost);
    return this.connection.publish(message, 0).catch((error) => {
      throw error instanceof ConnectionLost ? lost : error;
    });
  }

  async subscribe(
    filter: string,
    handler: (delivery: Delivery) => void,
    { qos = 1 }: SubscribeOptions = {},
  ): Promise<() => Promise<void>> {
    if (this.closing) throw new FtteError('offline', `the transport is closed; ${filter} is not subscribed`);
    const remove = this.table.add(filter, handler);
    this.qualities.set(filter, qos);
    try {
      const answer = this.requests.wait(filter);
      const { connection } = this;
      if (connection?.open) void this.requests.request(filter, this.askingAt(connection));
      await answer;
    } catch (error) {
      if (remove()) this.qualities.delete(filter);
      throw error;
    }
    return async () => {
      if (!remove()) return;
      this.qualities.delete(filter);
      if (this.connection?.open && !this.closing)
        await this.within(5_000, this.connection.unsubscribe(filter));
    };
  }

  private askingAt(connection: MqttConnection): (filter: string) => Promise<void> {
    return (filter) => connection.subscribe(filter, this.qualities.get(filter) ?? 1);
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
    this.queue.reject(() => gone);
    this.requests.fail(gone);
    this.connectionState.set('offline');
    if (!connection) return;
    if (connection.open) await this.within(1_000, connection.goodbye());
    await connection.destroy();
  }

  private attempt(): void {
    if (this.closing) return;
    this.connectionState.set('connecting');
    try {
      const connection = MqttConnection.start(this.connectionOptions(), this.version, {
        opened: (limits) => void this.begin(connection, limits),
        message: (topic, payload, retained) => this.table.dispatch(topic, payload, retained),
        ended: (end) => this.ended(end),
      });
      this.connection = connection;
    } catch (error) {
      this.failed(error instanceof FtteError ? error : trouble('closed', messageOf(error), error));
    }
  }

  private connectionOptions(): ConnectionOptions {
    const { will } = this.options;
    if (!will?.retain || (this.retains && this.retainsWill)) return this.options;
    return { ...this.options, will: { ...will, retain: false } };
  }

  /** The broker accepted the connection: the subscriptions are renewed before anything is sent or reported. */
  private async begin(connection: MqttConnection, limits: BrokerLimits): Promise<void> {
    this.capabilities.announced(limits);
    const window = Math.min(largestWindow, limits.receiveMaximum ?? largestWindow);
    const restored = this.requests.requestAll(this.table.filters, this.askingAt(connection));
    const inTime = await this.within(this.options.connectTimeoutMs ?? 15_000, restored);
    if (this.connection !== connection || !connection.open || this.closing) return;
    if (!inTime) {
      void connection.destroy();
      const error = trouble('closed', `the broker ${this.options.url} does not confirm subscriptions`);
      this.ended({ error, byBroker: false, otherVersion: false });
      return;
    }
    this.onlineSince = this.clock.now();
    this.connectionState.set('online');
    this.outage.connected();
    this.queue.connected(
      (message) => this.send(connection, message),
      () => (this.capabilities.careful ? 1 : window),
    );
  }

  private async send(connection: MqttConnection, message: Outgoing): Promise<void> {
    await connection.publish({ ...message, retain: message.retain && this.retains }, 1);
    if (this.capabilities.isNewSize(message)) {
      await new Promise<void>((resolve) => void this.clock.after(acknowledgedMs, resolve));
      // It stays in the queue, and is sent again.
      if (this.connection !== connection) throw new ConnectionLost();
    }
    this.capabilities.confirmed(message);
  }

  private ended({ error, reasonCode, byBroker, otherVersion }: ConnectionEnd): void {
    this.connection = undefined;
    const inFlight = this.queue.disconnected();
    const { onlineSince } = this;
    // A connection that ends while a subscription waits for its answer may end because of the subscription.
    const bySubscription = inFlight.length === 0 && this.requests.unanswered > 0;
    this.requests.ended(byBroker && inFlight.length === 0);
    if (onlineSince !== undefined && !bySubscription) {
      const lastedMs = this.clock.now() - onlineSince;
      const better = this.capabilities.ended({ inFlight, lastedMs, reasonCode, byBroker });
      // A trial needs a few connections, and the federation waits for its result.
      if (this.capabilities.trying) this.backoff.reset();
      this.failed(better ?? error);
      return;
    }
    if (troubleOf(error) === 'no-retain' && this.capabilities.retainsNothing()) {
      this.attempt();
      return;
    }
    if (otherVersion && this.options.protocolVersion === undefined) {
      this.version = this.version === 5 ? 4 : 5;
      // The older version is tried at once. If both versions were tried, the transport waits.
      if (this.version === 4) {
        this.attempt();
        return;
      }
    }
    // A broker that retains no messages may end a connection with a retained will.
    if (otherVersion) this.retainsWill = !this.retainsWill;
    this.failed(error);
  }

  private failed(reason: FtteError): void {
    const error = this.options.explain?.(reason) ?? reason;
    const { onlineSince } = this;
    this.onlineSince = undefined;
    if (onlineSince !== undefined && this.clock.now() - onlineSince >= stableMs) {
      this.backoff.reset();
      this.outage.stable();
    }
    if (troubleOf(error) === 'unreachable') this.capabilities.unreachable();
    this.connectionState.set('offline', error);
    if (this.closing) return;
    this.outage.failed(error, onlineSince !== undefined);
    this.retry = this.clock.after(this.backoff.next(), () => this.attempt(), { holdsProcess: true });
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

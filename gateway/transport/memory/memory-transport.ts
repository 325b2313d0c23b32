import { FtteError, type Log, silentLog } from '../../platform';
import { ConnectionState } from '../shared/connection-state';
import { ConnectionLost, type Outgoing, SendQueue } from '../shared/send-queue';
import { SubscriptionTable } from '../shared/subscriptions';
import type { Delivery, PublishOptions, Transport, TransportState, Will } from '../shared/transport';
import type { MemoryBroker, MemoryLink } from './memory-broker';

/** Options of a client of a broker in memory. */
export interface MemoryTransportOptions {
  /** The name of this client in the broker's hops. */
  readonly client?: string;
  readonly will?: Will;
  readonly log?: Log;
}

/** QoS 1 messages that may be in flight at the same time. */
const window = () => 16;

/** The client of a `MemoryBroker`. It behaves like an MQTT client, and tests can make it fail. */
export class MemoryTransport implements Transport {
  private readonly connectionState: ConnectionState;
  private readonly table: SubscriptionTable;
  private readonly queue = new SendQueue();
  private link: MemoryLink | undefined;
  /** Subscribers that wait for a connection. */
  private awaited: (() => void)[] = [];
  private opened = false;
  private closed = false;
  private closing: Promise<void> | undefined;
  private held = false;

  constructor(
    private readonly broker: MemoryBroker,
    private readonly options: MemoryTransportOptions = {},
  ) {
    const log = options.log ?? silentLog;
    this.connectionState = new ConnectionState(log);
    this.table = new SubscriptionTable(log);
  }

  get state(): TransportState {
    return this.connectionState.state;
  }

  get maxPayloadBytes(): number {
    return this.broker.maxPayloadBytes;
  }

  get lastError(): Error | undefined {
    return this.connectionState.lastError;
  }

  onState(listener: (state: TransportState, error?: Error) => void): () => void {
    return this.connectionState.on(listener);
  }

  open(): void {
    if (this.opened || this.closed) return;
    this.opened = true;
    this.connect();
  }

  publish(topic: string, payload: Uint8Array, options: PublishOptions = {}): Promise<void> {
    if (this.closed)
      return Promise.reject(new FtteError('offline', `the transport is closed; ${topic} is not sent`));
    if (payload.length > this.maxPayloadBytes)
      return Promise.reject(
        new FtteError(
          'broker',
          `${topic}: ${payload.length} bytes, the broker accepts ${this.maxPayloadBytes}`,
          { kind: 'too-large' },
        ),
      );
    const message: Outgoing = { topic, payload, retain: options.retain ?? false };
    if (options.qos !== 0) return this.queue.push(message);
    if (!this.link)
      return Promise.reject(new FtteError('offline', `there is no connection; ${topic} is not sent`));
    return this.send(this.link, message).catch(() => undefined);
  }

  async subscribe(filter: string, handler: (delivery: Delivery) => void): Promise<() => Promise<void>> {
    if (this.closed) throw new FtteError('offline', `the transport is closed; ${filter} is not subscribed`);
    const remove = this.table.add(filter, handler);
    if (this.link) this.broker.subscribe(this.link, filter);
    else await new Promise<void>((resolve) => this.awaited.push(resolve));
    return async () => {
      if (remove()) this.link?.filters.delete(filter);
    };
  }

  close(): Promise<void> {
    this.closing ??= this.closeNow();
    return this.closing;
  }

  private async closeNow(): Promise<void> {
    this.closed = true;
    const link = this.link;
    if (link) {
      // Waiting messages are delivered here: the end must not depend on somebody who advances a virtual clock.
      this.queue.connected(
        async ({ topic, payload, retain }) => this.broker.publish(topic, payload, retain),
        window,
      );
      await this.queue.drained();
      this.broker.disconnect(link);
      this.link = undefined;
    }
    this.queue.disconnected();
    const gone = new FtteError('offline', 'the transport was closed before the broker received the message');
    this.queue.reject(() => gone);
    for (const resolve of this.awaited.splice(0)) resolve();
    this.connectionState.set('offline');
  }

  /**
   * Loses the connection, so that the will is published. It connects again at once, or with `stay` only after
   * `reconnect`.
   */
  drop(options: { stay?: boolean } = {}): void {
    this.held = options.stay ?? false;
    if (this.link) this.broker.cut(this.link, 'the connection was lost');
  }

  /** Connects again after a `drop` with `stay`. */
  reconnect(): void {
    this.held = false;
    if (this.opened && !this.link) this.connect();
  }

  private connect(): void {
    if (this.closed || this.held || this.link) return;
    this.connectionState.set('connecting');
    this.broker.later(() => this.connectNow(), this.hop('$connect', 0));
  }

  private connectNow(): void {
    if (this.closed || this.held || this.link) return;
    const link: MemoryLink = {
      client: this.options.client ?? '',
      // As in a CONNECT, of which it is part.
      will: this.options.will && { ...this.options.will },
      filters: new Set(),
      deliver: (topic, payload, retained) => this.table.dispatch(topic, payload, retained),
      broken: (reason) => this.lost(reason),
    };
    if (!this.broker.connect(link, () => this.connect())) {
      this.connectionState.set(
        'offline',
        new FtteError('broker', 'the broker cannot be reached', { kind: 'unreachable' }),
      );
      return;
    }
    this.link = link;
    for (const filter of this.table.filters) this.broker.subscribe(link, filter);
    for (const resolve of this.awaited.splice(0)) resolve();
    this.connectionState.set('online');
    this.queue.connected((message) => this.send(link, message), window);
  }

  private lost(reason: string): void {
    this.link = undefined;
    this.queue.disconnected();
    this.connectionState.set('offline', new FtteError('broker', reason, { kind: 'closed' }));
    this.connect();
  }

  private send(link: MemoryLink, { topic, payload, retain }: Outgoing): Promise<void> {
    return new Promise((resolve, reject) => {
      const arrive = () => {
        if (this.link !== link) return reject(new ConnectionLost());
        this.broker.publish(topic, payload, retain);
        resolve();
      };
      this.broker.later(arrive, this.hop(topic, payload.length));
    });
  }

  private hop(topic: string, bytes: number) {
    return { direction: 'up', client: this.options.client ?? '', topic, bytes } as const;
  }
}

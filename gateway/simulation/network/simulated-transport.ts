import { FtteError, type Log, messageOf, silentLog } from '../../platform';
import {
  type Delivery,
  type PublishOptions,
  type Transport,
  type TransportState,
  topicMatches,
  type Will,
} from '../../transport';
import { hasWildcard, type LinkSpeed, type NetworkLink, type SimulatedNetwork } from './network';

interface Outgoing {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly retain: boolean;
  readonly resolve: () => void;
  readonly reject: (error: FtteError) => void;
}

type Handler = (delivery: Delivery) => void;

/** Most messages that wait for a connection; further ones are refused, as an MQTT client refuses them. */
const maxQueued = 1000;

/** One gateway's transport to the simulated broker. It needs no chunks, because its payloads have no limit. */
export class SimulatedTransport implements Transport {
  readonly maxPayloadBytes = Number.MAX_SAFE_INTEGER;
  state: TransportState = 'offline';
  lastError: Error | undefined;
  private readonly network: SimulatedNetwork;
  private readonly log: Log;
  private readonly stateListeners = new Set<(state: TransportState, error?: Error) => void>();
  private readonly handlers = new Map<string, Set<Handler>>();
  /** Those filters of the handlers that have wildcards. */
  private readonly wildcardFilters = new Set<string>();
  private waitingForLink: (() => void)[] = [];
  /** Messages that the broker does not have yet, in order. After a lost connection all of them are sent again. */
  private readonly queue = new Set<Outgoing>();
  private link: NetworkLink | undefined;
  private closed = false;

  constructor(private readonly options: SimulatedTransportOptions) {
    this.network = options.network;
    this.log = options.log ?? silentLog;
  }

  onState(listener: (state: TransportState, error?: Error) => void): () => void {
    const own = (state: TransportState, error?: Error) => listener(state, error);
    this.stateListeners.add(own);
    listener(this.state, this.lastError);
    return () => this.stateListeners.delete(own);
  }

  /** Connects at once: the simulation has no handshake. */
  open(): void {
    if (this.closed || this.link) return;
    const link: NetworkLink = {
      speed: this.options.speed,
      client: this.options.client,
      will: this.options.will,
      filters: new Set(),
      upFreeAt: 0,
      downFreeAt: 0,
      deliver: (topic, payload, retained) => this.dispatch(topic, payload, retained),
    };
    this.link = link;
    this.network.connect(link);
    for (const filter of this.handlers.keys()) this.network.subscribe(link, filter);
    for (const resolve of this.waitingForLink.splice(0)) resolve();
    // What listeners publish now is not among the messages that waited.
    const waiting = [...this.queue];
    this.changeState('online');
    for (const message of waiting) if (this.queue.has(message)) this.upload(link, message);
  }

  /** Loses the connection without a goodbye, until `open`. */
  drop(): void {
    const { link } = this;
    if (!link) return;
    this.link = undefined;
    this.network.disconnect(link, false);
    this.changeState('offline', new FtteError('offline', 'the connection was lost'));
  }

  publish(topic: string, payload: Uint8Array, options: PublishOptions = {}): Promise<void> {
    if (this.closed)
      return Promise.reject(new FtteError('offline', `the transport is closed; ${topic} is not sent`));
    if (!this.link && (options.qos === 0 || this.queue.size >= maxQueued)) {
      return Promise.reject(new FtteError('offline', `there is no connection; ${topic} is not sent`));
    }
    return new Promise((resolve, reject) => {
      const message: Outgoing = { topic, payload, retain: options.retain ?? false, resolve, reject };
      this.queue.add(message);
      if (this.link) this.upload(this.link, message);
    });
  }

  async subscribe(filter: string, handler: Handler): Promise<() => Promise<void>> {
    if (this.closed) throw new FtteError('offline', `the transport is closed; ${filter} is not subscribed`);
    const handlers = this.handlers.get(filter) ?? new Set();
    this.handlers.set(filter, handlers);
    if (hasWildcard(filter)) this.wildcardFilters.add(filter);
    const own: Handler = (delivery) => handler(delivery);
    handlers.add(own);
    if (this.link) this.network.subscribe(this.link, filter);
    else await new Promise<void>((resolve) => this.waitingForLink.push(resolve));
    return async () => {
      handlers.delete(own);
      if (handlers.size > 0 || this.handlers.get(filter) !== handlers) return;
      this.handlers.delete(filter);
      this.wildcardFilters.delete(filter);
      if (this.link) this.network.unsubscribe(this.link, filter);
    };
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    const { link } = this;
    this.link = undefined;
    if (link) {
      // Waiting messages arrive now, because a goodbye must not depend on the clock.
      for (const { topic, payload, retain, resolve } of this.queue) {
        this.network.publish(topic, payload, retain);
        resolve();
      }
      this.network.disconnect(link, true);
    } else {
      for (const { topic, reject } of this.queue) {
        reject(new FtteError('offline', `closed before ${topic} was sent`));
      }
    }
    this.queue.clear();
    for (const resolve of this.waitingForLink.splice(0)) resolve();
    this.changeState('offline');
  }

  private upload(link: NetworkLink, message: Outgoing): void {
    const { topic, payload, retain } = message;
    this.network.upload(link, topic, payload, () => {
      if (!this.queue.delete(message)) return;
      this.network.publish(topic, payload, retain);
      message.resolve();
    });
  }

  private dispatch(topic: string, payload: Uint8Array, retained: boolean): void {
    const exact = this.handlers.get(topic);
    if (exact) this.deliver(exact, topic, payload, retained);
    for (const filter of this.wildcardFilters) {
      const handlers = topicMatches(filter, topic) && this.handlers.get(filter);
      if (handlers) this.deliver(handlers, topic, payload, retained);
    }
  }

  private deliver(
    handlers: ReadonlySet<Handler>,
    topic: string,
    payload: Uint8Array,
    retained: boolean,
  ): void {
    for (const handler of [...handlers]) {
      try {
        handler({ topic, payload, retained });
      } catch (error) {
        this.log.error(`a handler of ${topic} failed: ${messageOf(error)}`, 'unexpected');
      }
    }
  }

  private changeState(state: TransportState, error?: Error): void {
    this.state = state;
    this.lastError = error;
    for (const listener of [...this.stateListeners]) listener(state, error);
  }
}

/** Options of a simulated transport. */
export interface SimulatedTransportOptions {
  readonly network: SimulatedNetwork;
  readonly speed: LinkSpeed;
  /** Index into the network's traffic; undefined: its bytes are not counted. */
  readonly client?: number;
  readonly will?: Will;
  readonly log?: Log;
}

/** Where a connection stands. */
export type TransportState = 'offline' | 'connecting' | 'online';

/** How surely a message arrives, and whether the broker keeps it. */
export interface PublishOptions {
  /** 1 (default): kept and sent again until the broker has it. 0: sent if online, forgotten otherwise. */
  readonly qos?: 0 | 1;
  /** The broker keeps the newest one for later subscribers; empty bytes clear it. */
  readonly retain?: boolean;
}

/** Bytes that came in. `payload` belongs to the receiver. */
export interface Delivery {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly retained: boolean;
}

/** What the broker publishes for us when the connection dies without a goodbye. */
export interface Will {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly retain: boolean;
}

/**
 * How bytes travel by topic. Subscriptions survive reconnects. Handlers are called in order of arrival and must not
 * throw (what they throw is logged and dropped).
 */
export interface Transport {
  readonly state: TransportState;
  /** Largest payload the broker takes, as far as known; larger messages must be chunked. */
  readonly maxPayloadBytes: number;
  /** The reason of the latest failure, for a status line; undefined while all is well. */
  readonly lastError: Error | undefined;
  /** Calls `listener` now and on each change. The result removes it. */
  onState(listener: (state: TransportState, error?: Error) => void): () => void;
  /** Starts connecting; later failures are retried with back-off and told through `onState`, not thrown. */
  open(): void;
  /**
   * Resolves when the broker has taken it (QoS 1) or it left (QoS 0), or when a newer retained message has taken the
   * place of one that waited. While offline, QoS 1 messages wait in a bounded queue. @throws FtteError `offline` when the queue is full, the transport closed, or QoS 0 has no connection
   */
  publish(topic: string, payload: Uint8Array, options?: PublishOptions): Promise<void>;
  /** Filters may hold `+` and a trailing `#`. Resolves, once the broker has confirmed it, with the way to end it. */
  subscribe(filter: string, handler: (delivery: Delivery) => void): Promise<() => Promise<void>>;
  /** Sends what is queued if online (bounded wait), says goodbye (no will), and stops. */
  close(): Promise<void>;
}

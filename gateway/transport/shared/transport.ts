/** The state of a connection. */
export type TransportState = 'offline' | 'connecting' | 'online';

/** The quality of service of a message, and whether the broker retains it. */
export interface PublishOptions {
  /**
   * 1 (default): the message waits and is sent again until the broker has confirmed it. 0: it is sent if there is a
   * connection, and dropped otherwise.
   */
  readonly qos?: 0 | 1;
  /** The broker keeps the newest message for later subscribers. Empty bytes clear it. */
  readonly retain?: boolean;
}

/** The delivery of what a subscription matches. */
export interface SubscribeOptions {
  /**
   * 1 (default): the broker waits for an answer to each message, so that a slow receiver slows it down. 0: it does not, which
   * costs it less, and it may drop messages for a receiver that does not keep up.
   */
  readonly qos?: 0 | 1;
}

/** A message that came in. `payload` belongs to the receiver. */
export interface Delivery {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly retained: boolean;
}

/** The message that the broker publishes for this client when the connection dies without DISCONNECT. */
export interface Will {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly retain: boolean;
}

/**
 * Sends and receives bytes by topic. Subscriptions survive reconnects. Handlers are called in the order of arrival.
 * They must not throw; an error is logged and dropped.
 */
export interface Transport {
  readonly state: TransportState;
  /** Largest payload that the broker accepts, as far as known, in bytes. Larger messages must be chunked. */
  readonly maxPayloadBytes: number;
  /** False: the broker retains no messages, and they are sent without the flag. Absent: it does. */
  readonly retains?: boolean;
  /**
   * True: the broker may confirm a message and drop it, because its protocol has no way to refuse one. Absent: it does not.
   */
  readonly dropsSilently?: boolean;
  /** The error of the latest failure, for a status line. Undefined while the connection works. */
  readonly lastError: Error | undefined;
  /** Calls `listener` at once and on each change. The returned function removes it. */
  onState(listener: (state: TransportState, error?: Error) => void): () => void;
  /**
   * Starts to connect. Later failures are retried with back-off and reported through `onState`; they are not thrown.
   */
  open(): void;
  /**
   * Resolves when the broker has confirmed the message (QoS 1), when it was sent (QoS 0), or when a newer retained
   * message has replaced it in the queue. While offline, QoS 1 messages wait in a bounded queue.
   * @throws FtteError `offline` if the queue is full, the transport is closed, or a QoS 0 message has no connection
   */
  publish(topic: string, payload: Uint8Array, options?: PublishOptions): Promise<void>;
  /**
   * Filters may contain `+` and a trailing `#`. Resolves when the broker has confirmed the subscription, with the
   * function that ends it. A filter with two handlers has the quality of service of the newest one.
   */
  subscribe(
    filter: string,
    handler: (delivery: Delivery) => void,
    options?: SubscribeOptions,
  ): Promise<() => Promise<void>>;
  /** Sends the queued messages if online (bounded wait), sends DISCONNECT (no will), and stops. */
  close(): Promise<void>;
}

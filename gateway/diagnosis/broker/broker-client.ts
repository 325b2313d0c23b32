import { type Clock, FtteError } from '../../platform';
import { type BrokerLimits, MqttConnection, troubleOf } from '../../transport';
import type { BrokerTarget } from './target';

/** The result of a subscription or a message. `silent`: the broker did not answer. `lost`: it ended the connection. */
export type Outcome = 'accepted' | 'refused' | 'lost' | 'silent';

/** A message of the broker. */
export interface Received {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly retained: boolean;
}

const answerMs = 5000;
const connectTimeoutMs = 10_000;

/** A client for checks. It connects again if the broker ends the connection, which is an answer, too. */
export class BrokerClient {
  limits: BrokerLimits | undefined;
  /** The version of MQTT: 4 is 3.1.1. */
  version: 4 | 5 = 5;
  private connection: MqttConnection | undefined;
  private refused = false;
  private listeners: ((message: Received) => void)[] = [];

  /** @param clientId an id that no other client of the broker has */
  constructor(
    private readonly target: BrokerTarget,
    private readonly clientId: string,
    private readonly clock: Clock,
  ) {}

  /** Connects in the newest version of MQTT that the broker speaks. @throws FtteError `broker` */
  async open(): Promise<void> {
    try {
      await this.connect();
    } catch (error) {
      const kind = troubleOf(error);
      if (this.version === 4 || (kind !== 'protocol' && kind !== 'closed')) throw error;
      this.version = 4;
      await this.connect();
    }
  }

  subscribe(filter: string): Promise<Outcome> {
    return this.outcome((connection) => connection.subscribe(filter));
  }

  /** Publishes with QoS 1. */
  publish(topic: string, payload: Uint8Array, retain = false): Promise<Outcome> {
    return this.outcome((connection) => connection.publish({ topic, payload, retain }, 1));
  }

  async unsubscribe(filter: string): Promise<void> {
    await this.connection?.unsubscribe(filter);
  }

  /** Calls `listener` with each message until the returned function is called. */
  onMessage(listener: (message: Received) => void): () => void {
    this.listeners = [...this.listeners, listener];
    return () => {
      this.listeners = this.listeners.filter((other) => other !== listener);
    };
  }

  /** Resolves with the first message that matches, or with undefined after the limit. */
  next(matches: (message: Received) => boolean, limitMs: number): Promise<Received | undefined> {
    return new Promise((resolve) => {
      const end = (message?: Received) => {
        stop();
        limit.cancel();
        resolve(message);
      };
      const limit = this.clock.after(limitMs, () => end(), { holdsProcess: true });
      const stop = this.onMessage((message) => {
        if (matches(message)) end(message);
      });
    });
  }

  async close(): Promise<void> {
    const { connection } = this;
    this.connection = undefined;
    if (connection?.open) await this.within(connection.goodbye());
    await connection?.destroy();
  }

  /** Whether there is a connection again. A broker that refuses it once is not asked again. */
  private async reconnected(): Promise<boolean> {
    if (this.refused) return false;
    await this.connect().catch(() => {
      this.refused = true;
    });
    return !this.refused;
  }

  private connect(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.connection = MqttConnection.start(
        { ...this.target, clientId: this.clientId, connectTimeoutMs },
        this.version,
        {
          opened: (limits) => {
            this.limits = limits;
            resolve();
          },
          message: (topic, payload, retained) => {
            for (const listener of this.listeners) listener({ topic, payload, retained });
          },
          ended: ({ error }) => reject(error),
        },
      );
    });
  }

  private async outcome(ask: (connection: MqttConnection) => Promise<void>): Promise<Outcome> {
    if (!this.connection?.open && !(await this.reconnected())) return 'lost';
    const { connection } = this;
    if (!connection) return 'lost';
    const asked = ask(connection).then(
      (): Outcome => 'accepted',
      (error): Outcome => (error instanceof FtteError ? 'refused' : 'lost'),
    );
    return (await this.within(asked)) ?? (connection.open ? 'silent' : 'lost');
  }

  private within<T>(work: Promise<T>): Promise<T | undefined> {
    return new Promise((resolve) => {
      const limit = this.clock.after(answerMs, () => resolve(undefined), { holdsProcess: true });
      void work.then((result) => {
        limit.cancel();
        resolve(result);
      });
    });
  }
}

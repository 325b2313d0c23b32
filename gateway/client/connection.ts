import {
  type Clock,
  consoleLog,
  type FtteError,
  type Log,
  messageOf,
  type Random,
  systemClock,
  systemRandom,
} from '../platform';
import { type MessageProtection, plainProtection, TransportSession } from '../session';
import {
  type HostedBroker,
  largestPayload,
  type Transport,
  type TransportState,
  type Will,
} from '../transport';
import type { decodeMessage } from '../wire';
import { type BrokerOption, type OpenedBroker, openBroker } from './broker';
import { byteSize } from './options/byte-size';

/** Options of a connection. */
export interface ConnectionOptions {
  /** The name of the federation, which is one level of a topic. */
  readonly federation: string;
  /** The id of this gateway or coordinator, unique in the federation. */
  readonly id: string;
  /** Key, certificates and rules: the options of `tls.connect`. */
  readonly tls?: Record<string, unknown>;
  /**
   * The largest message that the broker accepts: bytes, or a size such as `64k`. Larger messages are sent in parts.
   * Default: 128 KB, or less if the broker announces or shows that.
   */
  readonly largestMessage?: number | string;
  /** Default: the clock of the machine. */
  readonly clock?: Clock;
  /** Default: a generator with a seed of the system. */
  readonly random?: Random;
  /** Default: warnings and errors go to standard error. */
  readonly log?: Log;
  /** Names this run of the gateway: 16 hexadecimal digits. Default: drawn from `random`. */
  readonly instance?: string;
  /** Decodes messages. Default: `decodeMessage`. Many connections in one process can share a decoder with a cache. */
  readonly decode?: typeof decodeMessage;
}

/** The protection of a connection's messages. */
interface Protected {
  /** Default: messages travel in plain, as in version 1 of the protocol. */
  readonly protection?: MessageProtection;
  /** Adds to a failure of the connection what this role knows about it. */
  readonly explain?: (error: FtteError) => FtteError;
}

/** Clock, randomness and log of a connection and its role. */
export type Environment = Required<Pick<ConnectionOptions, 'clock' | 'random' | 'log'>>;

/** The environment that options give, with its defaults. */
export function environmentOf(options: Partial<Environment>): Environment {
  const { clock = systemClock, random = systemRandom(), log = consoleLog } = options;
  return { clock, random, log };
}

/**
 * The MQTT client id of a role. A broker disconnects the older of two clients with the same id. With the run in it, two
 * machines with one gateway id are both connected, and learn of each other instead of ending each other's connections.
 * No broker keeps anything for a client id: sessions are clean.
 */
export const clientIdOf = (federation: string, id: string, instance: string): string =>
  `ftte-${federation}-${id}-${instance.slice(0, 8)}`;

type InternalOptions = ConnectionOptions & Protected & { readonly instance: string };

/** Time for the last message of a session whose broker does not answer, ms. */
const goodbyeMs = 2_000;

/**
 * The connection of one gateway to its federation: the transport, the session over it, and the broker if it is hosted
 * here. After `open` it connects, and connects again whenever the connection ends. `close` ends all parts in order.
 */
export class Connection {
  readonly session: TransportSession;
  private closing: Promise<void> | undefined;
  private readonly clock: Clock;
  private readonly log: Log;

  private constructor(
    readonly transport: Transport,
    { federation, id, instance, decode, protection, ...options }: InternalOptions,
    private readonly broker: Partial<OpenedBroker> = {},
  ) {
    const environment = environmentOf(options);
    this.clock = environment.clock;
    this.log = environment.log;
    this.session = new TransportSession({
      transport,
      federation,
      id,
      instance,
      ...environment,
      ...(decode && { decode }),
      ...(protection && { protection }),
    });
  }

  /**
   * Makes the connection to a broker, without opening it.
   * @throws FtteError `config-invalid` naming the option; `broker` if a hosted broker cannot listen on its port
   */
  static async create(
    options: ConnectionOptions & Protected & { readonly broker: BrokerOption },
  ): Promise<Connection> {
    const { federation, id, broker, tls, largestMessage, protection = plainProtection } = options;
    const environment = environmentOf(options);
    const instance = options.instance ?? environment.random.hex(8);
    const will = protection.protectWill(TransportSession.will(federation, id, instance));
    const clientId = clientIdOf(federation, id, instance);
    const opened = await openBroker(broker, {
      clientId,
      will,
      ...environment,
      ...(protection !== plainProtection && { hasMembers: true }),
      ...(tls && { tls }),
      ...(options.explain && { explain: options.explain }),
      ...(largestMessage !== undefined && {
        maxPayloadBytes: largestPayload(byteSize('largestMessage', largestMessage, 1024)),
      }),
    });
    return new Connection(opened.transport, { ...options, ...environment, instance }, opened);
  }

  /** Makes the connection over a transport of the caller, without opening it. */
  static over(
    makeTransport: (will: Will, instance: string) => Transport,
    options: ConnectionOptions & Protected,
  ): Connection {
    const { federation, id, protection = plainProtection } = options;
    const instance = options.instance ?? environmentOf(options).random.hex(8);
    const will = protection.protectWill(TransportSession.will(federation, id, instance));
    const transport = makeTransport(will, instance);
    return new Connection(transport, { ...options, instance });
  }

  /** Calls `listener` at once and on each change of the connection. The returned function removes it. */
  onState(listener: (state: TransportState, error?: Error) => void): () => void {
    return this.transport.onState(listener);
  }

  /** The URL of the broker if this process hosts it, for gateways on this machine. */
  get brokerUrl(): string | undefined {
    return this.broker.url;
  }

  /** The broker if this process hosts it: to add and remove users, and for what it has refused. */
  get hostedBroker(): HostedBroker | undefined {
    return this.broker.hosted;
  }

  /** Starts to connect. Failures are retried after growing waits and reported to `onState`. */
  open(): void {
    this.session.start();
    this.transport.open();
  }

  /** Announces the end to the broker if it answers in time, disconnects, and stops a hosted broker. */
  close(): Promise<void> {
    this.closing ??= this.closeNow();
    return this.closing;
  }

  private async closeNow(): Promise<void> {
    const goodbye = this.session.stop().catch((error) => this.log.warn(messageOf(error), 'send-failed'));
    // A pending subscription of an offline session ends with the transport.
    if (this.transport.state === 'online') await this.within(goodbyeMs, goodbye);
    await this.transport.close().catch((error) => this.log.warn(messageOf(error), 'send-failed'));
    await this.broker.stop?.();
  }

  private within(limitMs: number, work: Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      const limit = this.clock.after(limitMs, resolve);
      void work.finally(() => {
        limit.cancel();
        resolve();
      });
    });
  }
}

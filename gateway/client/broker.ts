import { type Clock, countedLog, describeValue, FtteError, type Log, type Random } from '../platform';
import {
  HostedBroker,
  MemoryBroker,
  MemoryTransport,
  MqttTransport,
  type ServerCertificate,
  type Transport,
  type Will,
} from '../transport';

/** Settings of a broker that this process hosts. Other machines connect to `port`. */
export interface HostedBrokerSettings {
  /** The TCP port; 0 takes a free one. */
  readonly port: number;
  /** The address to listen on. Default 127.0.0.1; any address other than loopback needs a username and a password. */
  readonly host?: string;
  /** One password for all gateways. */
  readonly username?: string;
  readonly password?: string;
  /** The file of users of their own, which `hostedBroker.addUser` adds. With it, no password for all is needed. */
  readonly usersFile?: string;
  /** With it, gateways of other machines need TLS (`mqtts://`, `wss://`). */
  readonly tls?: ServerCertificate;
}

/**
 * The broker of a federation: a URL (`mqtt://`, `mqtts://`, `ws://`, `wss://`, with `user:password@` if the broker
 * needs them), `memory:NAME` for roles in one process, settings of a broker that this process hosts, or a function that
 * makes a transport of the caller from the Last Will of the session.
 */
export type BrokerOption = string | HostedBrokerSettings | ((will: Will) => Transport);

/** A transport, and the end of the broker that was started for it. */
export interface OpenedBroker {
  readonly transport: Transport;
  /** The URL of a broker that this process hosts, for gateways on this machine. */
  readonly url?: string;
  /** The broker that this process hosts. */
  readonly hosted?: HostedBroker;
  /** Stops the broker that was hosted for this transport. */
  readonly stop: () => Promise<void>;
}

/** Settings of a transport. */
export interface TransportSettings {
  readonly clientId: string;
  readonly will: Will;
  /** Key, certificates and rules: the options of `tls.connect`. */
  readonly tls?: Record<string, unknown>;
  readonly maxPayloadBytes?: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** The brokers in memory of this process, by name. A broker lives while a role refers to it. */
const memoryBrokers = new Map<string, WeakRef<MemoryBroker>>();

/**
 * Makes the transport to a broker, and starts the broker if this process hosts it. The transport is not opened.
 * @throws FtteError `config-invalid` naming the option; `broker` if a hosted broker cannot listen on its port
 */
export async function openBroker(broker: BrokerOption, settings: TransportSettings): Promise<OpenedBroker> {
  if (typeof broker === 'function') return { transport: broker(settings.will), stop: async () => undefined };
  if (typeof broker === 'string')
    return { transport: byAddress(broker, settings), stop: async () => undefined };
  if (broker === null || typeof broker !== 'object') throw invalid(broker);
  const { port, host, username, password, usersFile, tls } = broker;
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new FtteError(
      'config-invalid',
      `broker.port: expected a whole number from 0 to 65535, got ${describeValue(port)}`,
      { field: 'broker.port' },
    );
  const hosted = new HostedBroker({
    port,
    clock: settings.clock,
    log: countedLog(settings.log, settings.clock),
    ...(usersFile !== undefined && { usersFile }),
    ...(tls && { tls }),
    ...(host !== undefined && { host }),
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
  });
  await hosted.start();
  const transport = new MqttTransport({
    ...settings,
    url: hosted.url,
    // The hosted broker speaks only 3.1.1: an attempt with 5 would cost a refused connection.
    protocolVersion: 4,
    ...hosted.owner,
  });
  return { transport, url: hosted.url, hosted, stop: () => hosted.stop() };
}

function byAddress(address: string, settings: TransportSettings): Transport {
  if (address.startsWith('memory:')) {
    const { clientId, will, log } = settings;
    return new MemoryTransport(memoryBroker(address.slice('memory:'.length)), {
      client: clientId,
      will,
      log,
    });
  }
  if (!/^(mqtts?|wss?):\/\//i.test(address) || !URL.canParse(address)) throw invalid(address);
  const url = new URL(address);
  const [username, password] = [url.username, url.password].map(decodeURIComponent);
  // Errors quote the URL, so it must not contain the password.
  url.username = '';
  url.password = '';
  return new MqttTransport({ ...settings, url: url.href, ...(username && { username, password }) });
}

function memoryBroker(name: string): MemoryBroker {
  const known = memoryBrokers.get(name)?.deref();
  if (known) return known;
  const made = new MemoryBroker();
  memoryBrokers.set(name, new WeakRef(made));
  return made;
}

function invalid(broker: unknown): FtteError {
  const got = describeValue(typeof broker === 'string' ? withoutPassword(broker) : broker);
  return new FtteError(
    'config-invalid',
    `broker: expected a URL such as mqtt://host:1883, memory:NAME, { port } or a function, got ${got}`,
    { field: 'broker' },
  );
}

/** An address that is no URL may hold a password nevertheless: all before the last @, but for the scheme. */
const withoutPassword = (address: string) => address.replace(/^(\w+:\/\/)?.*@/s, '$1***@');

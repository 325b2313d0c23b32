import { createSecureContext } from 'node:tls';
import {
  type Clock,
  countedLog,
  describeValue,
  FtteError,
  type Log,
  messageOf,
  type Random,
  withoutSecrets,
} from '../platform';
import {
  HostedBroker,
  isLoopback,
  MemoryBroker,
  MemoryTransport,
  MqttTransport,
  type ServerCertificate,
  type Transport,
  type Will,
} from '../transport';
import { readBrokerUrl } from './options/broker-url';
import { hasMethods } from './options/check-settings';

/** Settings of a broker that this process hosts. Other machines connect to `port`. */
export interface HostedBrokerSettings {
  /** The TCP port; 0 takes a free one. */
  readonly port: number;
  /** The address to listen on. Default 127.0.0.1; any address other than loopback needs a username and a password, users, or members by invitation. */
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
  /** The members of the federation are the users of a broker that is hosted here. */
  readonly hasMembers?: boolean;
  /** Adds to a failure of the connection what this role knows about it. */
  readonly explain?: (error: FtteError) => FtteError;
}

/** The brokers in memory of this process, by name. A broker lives while a role refers to it. */
const memoryBrokers = new Map<string, WeakRef<MemoryBroker>>();

/**
 * Makes the transport to a broker, and starts the broker if this process hosts it. The transport is not opened.
 * @throws FtteError `config-invalid` naming the option; `broker` if a hosted broker cannot listen on its port
 */
export async function openBroker(broker: BrokerOption, settings: TransportSettings): Promise<OpenedBroker> {
  if (typeof broker === 'function')
    return { transport: checkedTransport(broker(settings.will)), stop: async () => undefined };
  if (typeof broker === 'string')
    return { transport: byAddress(broker, settings), stop: async () => undefined };
  const { port, host, username, password, usersFile, tls } = hostedSettings(broker);
  const hosted = new HostedBroker({
    port,
    clock: settings.clock,
    log: countedLog(settings.log, settings.clock),
    ...(usersFile !== undefined && { usersFile }),
    ...(tls && { tls }),
    ...(settings.hasMembers && { hasMembers: true }),
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

/** @throws FtteError `config-invalid` naming the setting; a password is not quoted */
function hostedSettings(broker: unknown): HostedBrokerSettings {
  const isSettings = typeof broker === 'object' && broker !== null && !Array.isArray(broker);
  if (!isSettings || broker instanceof URL) throw invalid(broker);
  const settings = broker as Record<string, unknown>;
  const refuse = (name: string, text: string) =>
    new FtteError('config-invalid', `broker.${name}: ${text}`, { field: `broker.${name}` });
  const { port } = settings;
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 0 || port > 65_535)
    throw refuse('port', `expected a whole number from 0 to 65535, got ${describeValue(port)}`);
  const texts = ['host', 'username', 'password', 'usersFile'];
  for (const [name, value] of Object.entries(settings)) {
    if (name === 'port' || name === 'tls' || value === undefined) continue;
    if (!texts.includes(name))
      throw refuse(name, `there is no field of this name, expected one of port, ${texts.join(', ')}, tls`);
    const got = name === 'password' ? 'another value' : describeValue(value);
    if (typeof value !== 'string') throw refuse(name, `expected a text, got ${got}`);
  }
  return broker as HostedBrokerSettings;
}

/**
 * Whether nobody but programs of this machine can reach the broker. A broker that somebody else runs may listen elsewhere, too,
 * whatever its address here is. The caller's own transport is the caller's matter.
 * @throws FtteError `config-invalid` naming the setting
 */
export function isPrivateBroker(broker: BrokerOption): boolean {
  if (typeof broker === 'string') return broker.startsWith('memory:');
  return typeof broker === 'function' || isLoopback(hostedSettings(broker).host ?? '127.0.0.1');
}

/** Whether two roles of one process use the same broker. Addresses are compared as they are written, but for defaults. */
export function isSameBroker(a: BrokerOption, b: BrokerOption): boolean {
  if (typeof a !== 'string' || typeof b !== 'string') return a === b;
  return placeOf(a) === placeOf(b);
}

const usualPorts: Readonly<Record<string, string>> = {
  'mqtt:': '1883',
  'mqtts:': '8883',
  'ws:': '80',
  'wss:': '443',
};

/** Host and port of an address; who logs in there does not matter. */
function placeOf(address: string): string {
  if (!URL.canParse(address) || address.startsWith('memory:')) return address;
  const { protocol, hostname, port } = new URL(address);
  return `${hostname.toLowerCase()}:${port || usualPorts[protocol]}`;
}

const transportMethods = ['onState', 'open', 'publish', 'subscribe', 'close'];

/** @throws FtteError `config-invalid` if the function of the caller gave no transport */
function checkedTransport(transport: Transport): Transport {
  if (hasMethods(transport, transportMethods)) return transport;
  throw new FtteError(
    'config-invalid',
    `broker: expected a function that returns a transport with the methods ${transportMethods.join(', ')}, got ${describeValue(transport)}`,
    { field: 'broker' },
  );
}

function inMemory(address: string, { clientId, will, log }: TransportSettings): Transport {
  // `memory://demo` would be another broker than `memory:demo`.
  if (!/^memory:[^/\s]+$/.test(address)) throw invalid(address);
  return new MemoryTransport(memoryBroker(address.slice('memory:'.length)), { client: clientId, will, log });
}

function byAddress(address: string, settings: TransportSettings): Transport {
  if (address.startsWith('memory:')) return inMemory(address, settings);
  const { url, credentials } = readBrokerUrl(address, (hint) => invalid(address, hint));
  checkTls(settings.tls, url.protocol);
  const login = credentials && { username: credentials.user, password: credentials.password };
  return new MqttTransport({ ...settings, url: url.href, ...login });
}

/** @throws FtteError `config-invalid`: no attempt to connect could succeed with these options, or none would use them */
function checkTls(tls: Record<string, unknown> | undefined, protocol: string): void {
  if (!tls) return;
  const refuse = (text: string) => new FtteError('config-invalid', `tls: ${text}`, { field: 'tls' });
  if (!/^(mqtts|wss):$/.test(protocol))
    throw refuse(
      `expected a broker with mqtts:// or wss://, got ${protocol}//, which would not be encrypted`,
    );
  try {
    createSecureContext(tls);
  } catch (error) {
    throw refuse(`expected keys and certificates that can be read, got an error: ${messageOf(error)}`);
  }
}

function memoryBroker(name: string): MemoryBroker {
  const known = memoryBrokers.get(name)?.deref();
  if (known) return known;
  const made = new MemoryBroker();
  memoryBrokers.set(name, new WeakRef(made));
  return made;
}

function invalid(broker: unknown, hint = ''): FtteError {
  const got = describeValue(typeof broker === 'string' ? withoutSecrets(broker) : broker);
  return new FtteError(
    'config-invalid',
    `broker: expected a URL such as mqtt://host:1883, memory:NAME, { port } or a function, got ${got}${hint}`,
    { field: 'broker' },
  );
}

import { join } from 'node:path';
import { Connection, clientIdOf } from '../../gateway/client';
import { agreementFile, ModelFollower, TaskGate } from '../../gateway/participant';
import { type Log, systemClock, systemRandom, yieldToEventLoop } from '../../gateway/platform';
import type { MessageProtection, Session } from '../../gateway/session';
import {
  HostedBroker,
  largestPayload,
  MqttTransport,
  randomCredential,
  type ServerCertificate,
} from '../../gateway/transport';
import type { FederationConfig } from './config';
import { type BrokerSpec, brokerAddress } from './hosted-brokers';

/** Key, certificates and rules of a core `tls-config` node, as `tls.connect` takes them. */
export type TlsOptions = Record<string, unknown>;

/** Settings of a hosted broker, and what it needs of this process. */
export interface HostingSpec extends BrokerSpec {
  /** Resolves when the members are read that may log in. */
  readonly ready: () => Promise<void>;
  readonly tls: ServerCertificate | undefined;
  /** The file of its users. */
  readonly usersFile: string;
  readonly log: Log;
}

/** With it the nodes of this process connect to the brokers that the process hosts. */
const owner = randomCredential();

/**
 * The connection of a federation node, not open yet.
 * @throws FtteError `config-invalid` for a URL that no attempt could ever use
 */
export function makeConnection(
  { broker, federation, gatewayId: id }: FederationConfig,
  tls: TlsOptions | undefined,
  log: Log,
  protection?: MessageProtection,
): Connection {
  return Connection.over(
    (will, instance) =>
      new MqttTransport({
        url: broker.kind === 'url' ? broker.url : brokerAddress(broker),
        clientId: clientIdOf(federation, id, instance),
        ...loginTo(broker),
        ...(tls ? { tls } : {}),
        will,
        ...(broker.kind === 'url' ? { maxPayloadBytes: largestPayload(broker.largest * 1024) } : {}),
        // The hosted broker speaks 3.1.1 only: asking for 5 first would cost a refused connection.
        ...(broker.kind === 'hosted' ? { protocolVersion: 4 as const } : {}),
        log,
        // The node logs each reason itself, at once.
        outageReportMs: 0,
      }),
    { federation, id, log, ...(protection && { protection }) },
  );
}

/** User and password of the nodes of this process at a broker. */
export function loginTo(broker: FederationConfig['broker']) {
  if (broker.kind === 'hosted') return owner;
  return broker.user === '' ? {} : { username: broker.user, password: broker.password };
}

/** @param folder in which the agreed task is kept */
export function makeFollower(
  session: Session,
  { federation, policy }: FederationConfig,
  folder: string,
  log: Log,
): ModelFollower {
  const gate = new TaskGate({
    policy,
    federation,
    file: join(folder, agreementFile),
    clock: systemClock,
    random: systemRandom(),
    log,
  });
  return new ModelFollower({ session, clock: systemClock, log, gate, yieldToEventLoop });
}

/**
 * Starts a broker in this process.
 * @throws FtteError `broker` if the port cannot be bound; `config-invalid` about the certificate; `storage` about the users
 */
export async function startBroker(spec: HostingSpec): Promise<HostedBroker> {
  const { port, bind, user, password, tls, usersFile, ready, log } = spec;
  await ready();
  const broker = new HostedBroker({
    port,
    host: bind,
    ...(user !== '' && { username: user, password }),
    ...(tls && { tls }),
    usersFile,
    owner,
    log,
  });
  await broker.start();
  return broker;
}

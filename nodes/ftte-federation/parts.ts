import { join } from 'node:path';
import { Connection, clientIdOf } from '../../gateway/client';
import { agreementFile, ModelFollower, TaskGate } from '../../gateway/participant';
import { type Log, systemClock, systemRandom, yieldToEventLoop } from '../../gateway/platform';
import type { Session } from '../../gateway/session';
import { HostedBroker, largestPayload, MqttTransport } from '../../gateway/transport';
import type { FederationConfig } from './config';
import { type BrokerSpec, brokerAddress, type RunningBroker } from './hosted-brokers';

/** Key, certificates and rules of a core `tls-config` node, as `tls.connect` takes them. */
export type TlsOptions = Record<string, unknown>;

/**
 * The connection of a federation node, not open yet.
 * @throws FtteError `config-invalid` for a URL that no attempt could ever use
 */
export function makeConnection(
  { broker, federation, gatewayId: id }: FederationConfig,
  tls: TlsOptions | undefined,
  log: Log,
): Connection {
  return Connection.over(
    (will) =>
      new MqttTransport({
        url: broker.kind === 'url' ? broker.url : brokerAddress(broker),
        clientId: clientIdOf(federation, id),
        ...(broker.user !== '' ? { username: broker.user, password: broker.password } : {}),
        ...(tls ? { tls } : {}),
        will,
        ...(broker.kind === 'url' ? { maxPayloadBytes: largestPayload(broker.largest * 1024) } : {}),
        // The hosted broker speaks 3.1.1 only: asking for 5 first would cost a refused connection.
        ...(broker.kind === 'hosted' ? { protocolVersion: 4 as const } : {}),
        log,
        // The node logs each reason itself, at once.
        outageReportMs: 0,
      }),
    { federation, id, log },
  );
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

/** @throws FtteError `broker` if the port cannot be bound */
export async function startBroker({ port, bind, user, password }: BrokerSpec): Promise<RunningBroker> {
  const secrets = user !== '' ? { username: user, password } : {};
  const broker = new HostedBroker({ port, host: bind, ...secrets });
  await broker.start();
  return broker;
}

import { ModelFollower } from '../../gateway/participant';
import { type Log, systemClock, systemRandom, yieldToEventLoop } from '../../gateway/platform';
import { TransportSession } from '../../gateway/session';
import { HostedBroker, MqttTransport, type Transport } from '../../gateway/transport';
import type { FederationConfig } from './config';
import { type BrokerSpec, brokerAddress, type RunningBroker } from './hosted-brokers';

/** Key, certificates and rules of a core `tls-config` node, as `tls.connect` takes them. */
export type TlsOptions = Record<string, unknown>;

/** @throws FtteError `config-invalid` for an URL that no attempt could ever use */
export function makeTransport(config: FederationConfig, tls: TlsOptions | undefined, log: Log): Transport {
  const { broker, federation, gatewayId } = config;
  return new MqttTransport({
    url: broker.kind === 'url' ? broker.url : brokerAddress(broker),
    // A broker disconnects the older of two clients with the same id: the id is the gateway's identity.
    clientId: `ftte-${federation}-${gatewayId}`,
    ...(broker.user !== '' ? { username: broker.user, password: broker.password } : {}),
    ...(tls ? { tls } : {}),
    will: TransportSession.will(federation, gatewayId),
    // The broker of our own speaks 3.1.1 only: asking for 5 first would cost a refused connection.
    ...(broker.kind === 'hosted' ? { protocolVersion: 4 as const } : {}),
    log,
  });
}

export function makeSession(config: FederationConfig, transport: Transport, log: Log): TransportSession {
  const { federation, gatewayId: id } = config;
  return new TransportSession({ transport, federation, id, clock: systemClock, random: systemRandom(), log });
}

export function makeFollower(session: TransportSession, log: Log): ModelFollower {
  return new ModelFollower({ session, clock: systemClock, log, yieldToEventLoop: yieldToEventLoop });
}

/** @throws FtteError `broker` where the port cannot be bound */
export async function startBroker({ port, bind, user, password }: BrokerSpec): Promise<RunningBroker> {
  const secrets = user !== '' ? { username: user, password } : {};
  const broker = new HostedBroker({ port, host: bind, ...secrets });
  await broker.start();
  return broker;
}

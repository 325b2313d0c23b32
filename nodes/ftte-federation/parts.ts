import type { ModelFollower } from '../../gateway/participant';
import { FtteError } from '../../gateway/platform';
import type { Session } from '../../gateway/session';
import type { Transport } from '../../gateway/transport';
import type { FederationConfig } from './federation-config';
import type { BrokerSpec, RunningBroker } from './hosted-brokers';

/** Key, certificates and rules of a core `tls-config` node, as `tls.connect` takes them. */
export type TlsOptions = Record<string, unknown>;

export function makeTransport(_config: FederationConfig, _tls: TlsOptions | undefined): Transport {
  throw new FtteError('not-ready', 'the MQTT transport is not built yet');
}

export function makeSession(_config: FederationConfig, _transport: Transport): Session {
  throw new FtteError('not-ready', 'the session is not built yet');
}

export function makeFollower(_session: Session): ModelFollower {
  throw new FtteError('not-ready', 'the follower is not built yet');
}

export async function startBroker(_spec: BrokerSpec): Promise<RunningBroker> {
  throw new FtteError('not-ready', 'the broker is not built yet');
}

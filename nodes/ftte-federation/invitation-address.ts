import { networkInterfaces } from 'node:os';
import { authorityOf, readBrokerUrl } from '../../gateway/client';
import { FtteError } from '../../gateway/platform';
import { isLoopback } from '../../gateway/transport';
import type { FederationConfig } from './config';
import type { AddressOf } from './members';
import type { TlsOptions } from './parts';

/** Facts that a node knows of its broker. */
export interface InvitationBroker {
  readonly broker: FederationConfig['broker'];
  /** The certificate of a broker that is hosted here, PEM. */
  readonly certificate: string | Buffer | undefined;
  /** The TLS options of the connection to a broker at an address. */
  readonly tls: TlsOptions | undefined;
}

/** The broker of a node as its invitations name it. */
export function invitationAddress({ broker, certificate, tls }: InvitationBroker): AddressOf {
  const usual = broker.kind === 'url' ? broker.url : hostedAddress(broker, certificate !== undefined);
  const invalid = (hint: string) =>
    new FtteError(
      'config-invalid',
      `broker: expected the address at which gateways reach the broker, such as mqtt://10.0.0.5:1883, without user and password${hint}`,
      { field: 'broker' },
    );
  const addressOf = (given?: string) => {
    const { url, credentials } = readBrokerUrl(given ?? usual ?? '', invalid);
    if (credentials) throw invalid(': the invitation has those of this node');
    const isSecure = ['mqtts:', 'wss:'].includes(url.protocol);
    const chain = broker.kind === 'hosted' ? certificate : certificatesIn(tls);
    const authority = isSecure && chain !== undefined ? authorityOf(chain) : undefined;
    const { user, password } = broker;
    return {
      broker: url.href,
      ...(authority && { authority }),
      ...(broker.kind === 'hosted' ? { ownLogin: true } : user !== '' && { credentials: { user, password } }),
    };
  };
  return Object.assign(addressOf, { usual });
}

/** The address of the hosted broker in the network of this machine, if it listens there. */
function hostedAddress(
  { bind, port }: Extract<FederationConfig['broker'], { kind: 'hosted' }>,
  isSecure: boolean,
): string | undefined {
  const all = bind === '0.0.0.0' || bind === '::';
  const host = all ? ownAddress() : bind;
  if (host === undefined) return undefined;
  const scheme = isSecure && !isLoopback(bind) ? 'mqtts' : 'mqtt';
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function ownAddress(): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
}

function certificatesIn(tls: TlsOptions | undefined): string | Buffer | undefined {
  const ca = tls?.['ca'];
  const first: unknown = Array.isArray(ca) ? ca[0] : ca;
  return typeof first === 'string' || Buffer.isBuffer(first) ? first : undefined;
}

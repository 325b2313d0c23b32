import { hostname } from 'node:os';
import { z } from 'zod';
import { FtteError } from '../../gateway/platform';
import { requireName } from '../../gateway/session';
import { isLoopback } from '../../gateway/transport';
import { field, readConfig } from '../runtime';

/** What the editor stores of a federation node, secrets apart. */
const schema = z.object({
  federation: field.text(undefined, 'a name'),
  gateway: field.text('', 'an id'),
  broker: field.choice(['hosted', 'url'], 'hosted'),
  port: field.number({ min: 1, max: 65_535, whole: true, fallback: 1883 }),
  bind: field.text('127.0.0.1'),
  url: field.text('', 'an address'),
  tls: field.text(''),
});

export interface Credentials {
  readonly user?: string;
  readonly password?: string;
}

/** Where the broker is, and how to get in. */
export type BrokerConfig =
  | {
      readonly kind: 'hosted';
      readonly port: number;
      readonly bind: string;
      readonly user: string;
      readonly password: string;
    }
  | {
      readonly kind: 'url';
      readonly url: string;
      readonly user: string;
      readonly password: string;
      /** Id of a core `tls-config` node, or empty. */
      readonly tls: string;
    };

export interface FederationConfig {
  readonly federation: string;
  readonly gatewayId: string;
  readonly broker: BrokerConfig;
}

const schemes = ['mqtt:', 'mqtts:', 'ws:', 'wss:'];

/**
 * Checks what the editor stored.
 * @param nodeId makes the gateway id where none was given
 * @throws FtteError `config-invalid` naming the field, what it holds and what it wants
 */
export function federationConfig(nodeId: string, stored: object, credentials: Credentials): FederationConfig {
  const config = readConfig(schema, stored);
  requireName('federation', config.federation);
  const gatewayId = config.gateway || defaultGatewayId(hostname(), nodeId);
  requireName('gateway', gatewayId);
  const user = credentials.user ?? '';
  const password = credentials.password ?? '';
  const broker: BrokerConfig =
    config.broker === 'hosted'
      ? hosted(config.port, config.bind, user, password)
      : { kind: 'url', url: brokerUrl(config.url), user, password, tls: config.tls };
  return { federation: config.federation, gatewayId, broker };
}

/** The machine's name made fit for a topic, and a part that keeps two nodes of one machine apart. */
export function defaultGatewayId(host: string, unique: string): string {
  const name = host
    .toLowerCase()
    .replace(/\..*$/, '')
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40);
  const suffix = unique
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .slice(0, 6);
  return [name || 'gateway', suffix].filter((part) => part !== '').join('-');
}

function hosted(port: number, bind: string, user: string, password: string): BrokerConfig {
  if (!isLoopback(bind) && (user === '' || password === ''))
    throw new FtteError(
      'config-invalid',
      `user and password are needed where the broker listens beyond this machine (bind is ${bind})`,
      { field: 'password' },
    );
  if ((user === '') !== (password === '')) {
    const [empty, given] = user === '' ? ['user', 'password'] : ['password', 'user'];
    throw new FtteError(
      'config-invalid',
      `${empty} is empty, but ${given} is not: the hosted broker wants both, or neither`,
      { field: empty },
    );
  }
  return { kind: 'hosted', port, bind, user, password };
}

function brokerUrl(text: string): string {
  const wrong = (got: string) =>
    new FtteError(
      'config-invalid',
      `url ${got}, wants mqtt://, mqtts://, ws:// or wss:// with a host, for instance mqtt://broker.local:1883`,
      { field: 'url' },
    );
  if (text === '') throw wrong('is empty');
  // A host alone is what people type first.
  const full = text.includes('://') ? text : `mqtt://${text}`;
  const parsed = URL.canParse(full) ? new URL(full) : undefined;
  if (!parsed || !schemes.includes(parsed.protocol) || parsed.hostname === '')
    throw wrong(`is "${withoutSecrets(text)}"`);
  if (parsed.username !== '' || parsed.password !== '')
    throw new FtteError(
      'config-invalid',
      'url holds a user or password; put them in their own fields, which are stored encrypted',
      { field: 'url' },
    );
  return full;
}

/** What an URL that cannot be read may hold of a user and a password must not reach a log. */
function withoutSecrets(url: string): string {
  return url.replace(/^.*@/s, '***@').replace(/\?.*$/s, '?***');
}

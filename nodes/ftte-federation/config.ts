import { z } from 'zod';
import { type GatewayFacts, gatewayFacts } from '../../gateway/client';
import type { GatewayPolicy } from '../../gateway/participant';
import { type Clock, FtteError, withoutSecrets } from '../../gateway/platform';
import { requireName } from '../../gateway/session';
import { isLoopback, packetOverhead } from '../../gateway/transport';
import { field, migrateConfig, readConfig } from '../runtime';
import { migrations } from './migrations';
import type { TlsOptions } from './parts';
import { policyConfig } from './policy-config';

export interface Credentials {
  readonly user?: string;
  readonly password?: string;
  /** The text of an invitation. */
  readonly invitation?: string;
}

/**
 * `invited`: the coordinator is here, and gateways join it by invitations. `invitation`: this gateway joins by one. `open`:
 * whoever reaches the broker takes part.
 */
export type Membership = 'invited' | 'invitation' | 'open';

/** The broker, and the name and password for it. */
export type BrokerConfig = HostedBrokerConfig | RemoteBrokerConfig;

interface HostedBrokerConfig {
  readonly kind: 'hosted';
  readonly port: number;
  readonly bind: string;
  readonly user: string;
  readonly password: string;
  /** Id of a core `tls-config` node with certificate and key of the broker, or empty. */
  readonly certificate: string;
}

interface RemoteBrokerConfig {
  readonly kind: 'url';
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** Id of a core `tls-config` node, or empty. */
  readonly tls: string;
  /** The options of TLS themselves, of a broker that the core's MQTT nodes use. */
  readonly tlsOptions?: TlsOptions;
  /** The largest message that the broker accepts, in KB. */
  readonly largest: number;
}

/** Settings of a broker that the core's MQTT nodes use. */
export interface ExistingBroker {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly tls?: TlsOptions;
}

export interface FederationConfig {
  readonly membership: Membership;
  readonly federation: string;
  readonly gatewayId: string;
  readonly broker: BrokerConfig;
  /** Limits of this gateway that no task can lower. */
  readonly policy: GatewayPolicy;
  /** Facts from invitation and folder of a gateway that joins by one. */
  readonly facts?: GatewayFacts;
  /** The text of the invitation, if there is one. */
  readonly invitation?: string;
}

/** The node whose settings they are, and what the machine adds to them. */
export interface Place {
  /** The id of the gateway if neither a field nor an invitation says one. */
  readonly ownId: () => string;
  /** The folder of the node, in which a gateway keeps its membership. */
  readonly folder: string;
  /** The text of an invitation from the environment, if the node has none of its own. */
  readonly invitation?: string | undefined;
  /** The broker of an `mqtt-broker` node. @throws FtteError `config-invalid` if it is missing or disabled */
  readonly existing: (id: string) => ExistingBroker;
  readonly clock: Clock;
}

/**
 * The settings of a stored config. Those of the other kind of broker are not read: they may hold what was once filled in.
 * @throws FtteError `config-invalid` naming the field, what was expected and what came; as `gatewayFacts`
 */
export function federationConfig(place: Place, stored: object, credentials: Credentials): FederationConfig {
  const config = migrateConfig(stored, migrations);
  const { membership, gateway, broker } = readConfig(common, config);
  if (gateway !== '') requireName('gateway', gateway);
  if (membership === 'invitation') return invitedConfig(place, gateway, config, credentials);
  const { federation } = readConfig(named, config);
  requireName('federation', federation);
  const gatewayId = gateway || place.ownId();
  const { user = '', password = '' } = credentials;
  return {
    membership,
    federation,
    gatewayId,
    broker:
      broker === 'hosted'
        ? hosted({ ...readConfig(hostedFields, config), user, password }, membership)
        : broker === 'existing'
          ? existing(place, config)
          : remote({ ...readConfig(remoteFields, config), user, password }),
    policy: policyConfig(config),
  };
}

/** The settings of a gateway that joins by an invitation: names and broker come from it, or from the folder. */
function invitedConfig(
  { ownId, folder, clock, ...place }: Place,
  gateway: string,
  config: object,
  { invitation: own = '' }: Credentials,
): FederationConfig {
  const invitation = own.trim() || place.invitation;
  const id = gateway === '' ? {} : { id: gateway };
  const facts = gatewayFacts({ folder, clock, invitation, ...id });
  if (!facts)
    throw new FtteError(
      'config-invalid',
      'invitation: expected the line of text that the coordinator shows, got an empty field. Ask its operator for an invitation',
      { field: 'invitation', reason: 'invitation-form' },
    );
  const gatewayId = facts.gateway ?? ownId();
  const { user = '', password = '' } = facts.credentialsOf(gatewayId) ?? {};
  const { tls, largest } = readConfig(remoteFields, config);
  return {
    membership: 'invitation',
    federation: facts.federation,
    gatewayId,
    broker: { kind: 'url', url: facts.broker, user, password, tls, largest },
    policy: policyConfig(config),
    facts: { ...facts, gateway: gatewayId },
    ...(invitation !== undefined && { invitation }),
  };
}

/** The least that the broker must accept: a part of a message with its topic and its own fields. */
const smallestKilobytes = 2;
/** Messages of this size unless the broker announces or shows that it accepts less: 128 KB of payload. */
const usualKilobytes = 128 + packetOverhead / 1024;

const named = z.object({ federation: field.text(undefined, 'a name') });
const common = z.object({
  membership: field.choice(['invited', 'invitation', 'open'], 'invited'),
  gateway: field.text('', 'an id'),
  broker: field.choice(['hosted', 'url', 'existing'], 'hosted'),
});
const hostedFields = z.object({
  port: field.number({ min: 1, max: 65_535, whole: true, fallback: 1883 }),
  bind: field.text('127.0.0.1', 'an address to listen on'),
  certificate: field.text(''),
});
const largest = field.number({ min: smallestKilobytes, fallback: usualKilobytes });
const remoteFields = z.object({ url: field.text('', 'an address'), tls: field.text(''), largest });
const existingFields = z.object({ existing: field.text('', 'an MQTT broker'), largest });

const schemes = ['mqtt:', 'mqtts:', 'ws:', 'wss:'];

function hosted(spec: Omit<HostedBrokerConfig, 'kind'>, membership: Membership): BrokerConfig {
  const { bind, user, password } = spec;
  // Whoever is invited gets a user of its own.
  const isNeeded = membership === 'open' && !isLoopback(bind);
  if (isNeeded && (user === '' || password === ''))
    throw new FtteError(
      'config-invalid',
      `password: expected one with a user, because the broker listens beyond this machine, on ${bind}`,
      { field: 'password' },
    );
  if ((user === '') !== (password === '')) {
    const [empty, given] = user === '' ? ['user', 'password'] : ['password', 'user'];
    throw new FtteError(
      'config-invalid',
      `${empty}: expected one with the ${given}, got an empty field; the hosted broker takes both or neither`,
      { field: empty },
    );
  }
  return { kind: 'hosted', ...spec };
}

function remote(spec: Omit<RemoteBrokerConfig, 'kind'>): BrokerConfig {
  return { kind: 'url', ...spec, url: brokerUrl(spec.url) };
}

/** A broker that the core's MQTT nodes use, too, over a connection of our own. */
function existing(place: Place, config: object): BrokerConfig {
  const { existing: id, largest } = readConfig(existingFields, config);
  const { url, user, password, tls } = place.existing(id);
  return {
    ...{ kind: 'url', url: brokerUrl(url, 'existing'), user, password, tls: '', largest },
    ...(tls && { tlsOptions: tls }),
  };
}

function brokerUrl(text: string, field = 'url'): string {
  const wrong = (got: string) =>
    new FtteError(
      'config-invalid',
      `${field}: expected mqtt://, mqtts://, ws:// or wss:// with a host, such as mqtt://broker.local:1883, got ${got}`,
      { field },
    );
  if (text === '') throw wrong('an empty field');
  // Many people type a host alone.
  const full = text.includes('://') ? text : `mqtt://${text}`;
  const parsed = URL.canParse(full) ? new URL(full) : undefined;
  if (!parsed || !schemes.includes(parsed.protocol) || parsed.hostname === '')
    throw wrong(`"${withoutSecrets(text)}"`);
  if (parsed.username !== '' || parsed.password !== '')
    throw new FtteError(
      'config-invalid',
      `${field}: expected no user or password in the address; enter them in their own fields, which are stored encrypted`,
      { field },
    );
  return full;
}

import type { Node, NodeAPI } from 'node-red';
import { FtteError } from '../../gateway/platform';
import type { ExistingBroker } from './config';
import type { TlsOptions } from './parts';

/** The part of the core's `mqtt-broker` node that is used. It connects only if an MQTT node uses it. */
interface MqttBrokerNode extends Node {
  readonly brokerurl: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Id of the node in a subflow that this one was made from. */
  readonly _alias?: string;
}

/** Options of `tls.connect` that the core's `tls-config` node sets. */
const tlsNames = ['ca', 'cert', 'key', 'passphrase', 'servername', 'ALPNProtocols'] as const;
/** Schemes that MQTT.js has other names for. */
const schemes: Readonly<Record<string, string>> = { tcp: 'mqtt', ssl: 'mqtts', tls: 'mqtts' };

/**
 * Address, login and TLS of a configuration that the core's MQTT nodes use. Its client id, will and other settings are of
 * those nodes alone.
 * @param id of the configuration
 * @throws FtteError `config-invalid` if there is none that runs
 */
export function existingBroker(RED: NodeAPI, id: string): ExistingBroker {
  const node: unknown = id === '' ? undefined : RED.nodes.getNode(id);
  if (!isBroker(node)) {
    const what =
      id === ''
        ? 'expected one of the MQTT brokers of this Node-RED, got an empty field'
        : 'the chosen MQTT broker is missing, disabled, or not deployed yet';
    throw new FtteError('config-invalid', `existing: ${what}`, { field: 'existing' });
  }
  const { options, brokerurl } = node;
  const tls: TlsOptions = {};
  for (const name of tlsNames) if (options[name] !== undefined) tls[name] = options[name];
  // Without a TLS configuration the core checks no certificate at all, which nobody has asked for.
  if (hasTls(RED, node) && options['rejectUnauthorized'] === false) tls['rejectUnauthorized'] = false;
  return {
    url: brokerurl.replace(/^(\w+):/, (whole, scheme) => (schemes[scheme] ? `${schemes[scheme]}:` : whole)),
    user: textOf(options['username']),
    password: textOf(options['password']),
    ...(Object.keys(tls).length > 0 && { tls }),
  };
}

const isBroker = (node: unknown): node is MqttBrokerNode =>
  typeof node === 'object' && node !== null && 'brokerurl' in node && 'options' in node;

/** Whether a person has chosen a TLS configuration for the broker. */
function hasTls(RED: NodeAPI, { id, _alias }: MqttBrokerNode): boolean {
  let has = false;
  RED.nodes.eachNode((stored) => {
    if (stored.id !== id && stored.id !== _alias) return;
    const { usetls, tls } = stored as { usetls?: unknown; tls?: unknown };
    has ||= usetls === true && typeof tls === 'string' && tls !== '';
  });
  return has;
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : '');

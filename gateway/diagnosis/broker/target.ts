import { FtteError } from '../../platform';

/** The broker and the names that a diagnosis uses. */
export interface BrokerTarget {
  /** `mqtt:`, `mqtts:`, `ws:` or `wss:` with a host, without a user or password. */
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  /** The options of `tls.connect`. */
  readonly tls?: Readonly<Record<string, unknown>>;
  readonly federation: string;
  /** The id of the gateway; undefined: an id that nobody has. */
  readonly gateway?: string;
  /** The role of this user. A role that it does not have may be refused. Default: both are checked, and only those of a gateway are needed. */
  readonly role?: 'gateway' | 'coordinator';
}

/** The address of a broker on the network. */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
}

const ports: Readonly<Record<string, number>> = { 'mqtt:': 1883, 'mqtts:': 8883, 'ws:': 80, 'wss:': 443 };

/** @throws FtteError `config-invalid` */
export function addressOf(url: string): Address {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const port = parsed && ports[parsed.protocol];
  if (!parsed || port === undefined || parsed.hostname === '' || parsed.username || parsed.password) {
    // The text may hold a password.
    const expected = 'mqtt://, mqtts://, ws:// or wss:// with a host, without a user and password';
    throw new FtteError('config-invalid', `url: expected ${expected}`, { field: 'url' });
  }
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: Number(parsed.port || port),
    secure: parsed.protocol === 'mqtts:' || parsed.protocol === 'wss:',
  };
}

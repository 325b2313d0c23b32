import { describeValue, FtteError, isObject, withoutSecrets, type YieldToEventLoop } from '../../../platform';
import { JetStreamSharedLog } from '../jetstream';
import { PostgresSharedLog } from '../postgres';
import type { SharedLog } from './shared-log';

/** The server that holds the log of a federation. */
export interface LogAddress {
  /**
   * `postgres://host:port/database`, with the settings of the package `pg` such as `?sslmode=require`; or `nats://host:port` of a
   * server with JetStream (`tls://` with TLS), several of one cluster divided by commas.
   */
  readonly url: string;
  /** The login, if the address has none. */
  readonly user?: string;
  readonly password?: string;
}

/** Longest wait for an answer, ms. */
const patienceMs = 10_000;
/** Time after which another coordinator leads if the leader is gone, ms. */
const leaseMs = 5_000;

/** The fields of an address. */
const settings: readonly string[] = ['url', 'user', 'password'];

const expected = 'expected postgres://host:port/database or nats://host:port';

/** Makes the log at an address, without connecting. @throws FtteError `config-invalid` */
export function openSharedLog(
  address: LogAddress | string,
  federation: string,
  turn?: YieldToEventLoop,
  times: { readonly leaseMs?: number; readonly patienceMs?: number } = {},
): SharedLog {
  const given = checked(address);
  const parts = typeof given.url === 'string' ? given.url.split(',').map((one) => one.trim()) : [];
  const urls = parts.map((part) => (URL.canParse(part) ? new URL(part) : undefined));
  const [first] = urls;
  if (!first || urls.some((one) => one?.protocol !== first.protocol || one.host === ''))
    throw invalid(
      `got ${describeValue(typeof given.url === 'string' ? withoutSecrets(given.url) : given.url)}`,
    );
  const user = given.user || decoded(first.username, 'user') || undefined;
  const password = given.password || decoded(first.password, 'password') || undefined;
  const options = { federation, user, password, patienceMs, ...times };
  const lease = times.leaseMs ?? leaseMs;
  switch (first.protocol) {
    case 'postgres:':
    case 'postgresql:':
      if (urls.length > 1) throw invalid('got several addresses');
      return new PostgresSharedLog({ ...options, url: withoutLogin(first) }, lease, turn);
    case 'nats:':
    case 'tls:':
      return new JetStreamSharedLog(
        { ...options, url: urls.map((one) => withoutLogin(one!)).join(',') },
        lease,
        turn,
      );
    default:
      throw invalid(`got an address that begins with ${first.protocol}`);
  }
}

/** A storage as a person gives it, in a file or a call. @throws FtteError `config-invalid` */
function checked(address: unknown): LogAddress {
  if (typeof address === 'string') return { url: address };
  if (!isObject(address)) throw invalid(`got ${describeValue(address)}`);
  const unknown = Object.keys(address).find((name) => !settings.includes(name));
  if (unknown !== undefined)
    throw new FtteError('config-invalid', `storage.${unknown}: expected one of ${settings.join(', ')}`, {
      field: `storage.${unknown}`,
    });
  for (const name of settings.slice(1)) {
    const value = address[name];
    if (value !== undefined && typeof value !== 'string')
      // A password is not repeated.
      throw new FtteError('config-invalid', `storage.${name}: expected a text, got a ${typeof value}`, {
        field: `storage.${name}`,
      });
  }
  return address as unknown as LogAddress;
}

function decoded(part: string, name: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid(`got a ${name} with a % that is not followed by two hexadecimal digits: write %25 for %`);
  }
}

function withoutLogin(url: URL): string {
  const copy = new URL(url);
  copy.username = '';
  copy.password = '';
  return copy.href;
}

const invalid = (got: string) =>
  new FtteError('config-invalid', `storage: ${expected}, ${got}`, { field: 'storage' });

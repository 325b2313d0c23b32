import { FtteError, messageOf } from '../../platform';

/**
 * The kind of a connection's trouble: `details.kind` of the `broker` errors. A person has to correct `credentials`, `no-login`,
 * `not-allowed`, `tls` and `duplicate-id`; `too-large` asks for smaller parts; the others may be temporary.
 */
export type BrokerTrouble =
  | 'unreachable'
  | 'credentials'
  | 'no-login'
  | 'not-allowed'
  | 'too-large'
  | 'tls'
  | 'client-id'
  | 'duplicate-id'
  | 'protocol'
  | 'no-retain'
  | 'busy'
  | 'closed';

/** Brokers answer so to client ids that they do not allow, too. */
const notAuthorised =
  'refuses the user name or password, or allows only other client ids than those that begin with "ftte-" (not authorised)';

/** A broker that a coordinator hosts for the gateways it invites answers so to those without an invitation. */
const withoutUser =
  'refuses a client without user name or password, or allows only other client ids than those that begin with "ftte-" (not authorised): enter the invitation of the coordinator if it invites gateways, or user and password';

/** The return codes of MQTT 3.1.1 (table 3.1) and the reason codes of MQTT 5.0 (2.4). */
const connackCodes: Readonly<Record<number, readonly [BrokerTrouble, string]>> = {
  1: ['protocol', 'does not speak this version of MQTT'],
  2: ['client-id', 'refuses the client id'],
  3: ['busy', 'is not available'],
  4: ['credentials', 'refuses the user name or password'],
  5: ['credentials', notAuthorised],
  128: ['closed', 'refuses the connection without a reason'],
  130: ['protocol', 'found a protocol error'],
  132: ['protocol', 'does not speak this version of MQTT'],
  133: ['client-id', 'refuses the client id'],
  134: ['credentials', 'refuses the user name or password'],
  135: ['credentials', notAuthorised],
  136: ['busy', 'is not available'],
  137: ['busy', 'is busy'],
  138: ['not-allowed', 'has banned this client'],
  149: ['protocol', 'received a packet that is too large'],
  151: ['busy', 'reports that a quota is exceeded'],
  154: ['no-retain', 'retains no messages'],
  159: ['busy', 'accepts no more connections for now'],
};

/** The reason codes with which a broker may end an open connection (MQTT 5.0, 3.14.2.1). */
const disconnectReasons: Readonly<Record<number, string>> = {
  139: 'the broker shuts down',
  141: 'the broker received nothing from this client within the keep-alive time',
  142: 'another client connected with the same id',
  147: 'more messages were in flight than the broker accepts',
  149: 'a packet was too large for the broker',
  150: 'messages came too fast for the broker',
  151: 'a quota is exceeded',
  152: 'an administrator ended it',
  154: 'the broker retains no messages',
};

const tlsCode = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|EPROTO$|HOSTNAME_|CRL_|ERR_OSSL)/;
/** Beginnings of the parser's errors: the answer to CONNECT is no packet of MQTT. */
const unreadable = /^(Invalid|Cannot parse|Malformed|Wrong|Unsupported|Not supported|Packet)\b/i;
const networkCode = /^E[A-Z_]+$/;

/** An error that a person can act on, from the error of a client that tried to connect. @param username undefined: it has none */
export function connectTrouble(url: string, error: unknown, username: string | undefined): FtteError {
  const code = codeOf(error);
  const known = typeof code === 'number' ? connackCodes[code] : undefined;
  if (known?.[0] === 'credentials' && !username)
    return trouble('no-login', `the broker ${url} ${withoutUser}`, error);
  if (known) return trouble(known[0], `the broker ${url} ${known[1]}`, error);
  const reason = messageOf(error);
  if (typeof code === 'string' && tlsCode.test(code))
    return trouble('tls', `no TLS connection to the broker ${url}: ${reason}`, error);
  if (typeof code === 'string' && networkCode.test(code))
    return trouble('unreachable', `the broker ${url} cannot be reached (${code})`, error);
  if (unreadable.test(reason)) {
    const text = `what listens at ${url} does not speak MQTT (${reason})`;
    return trouble('protocol', text, error);
  }
  return trouble('closed', `no connection to the broker ${url}: ${reason}`, error);
}

/** The error for an open connection that ended. */
export function connectionEnded(url: string, reasonCode: number | undefined): FtteError {
  const why = reasonCode === undefined ? undefined : disconnectReasons[reasonCode];
  return trouble('closed', `the connection to the broker ${url} ended${why ? `: ${why}` : ''}`);
}

/** The error for a publish or a subscription that the broker refused. */
export function notAllowed(what: string, error?: unknown): FtteError {
  return trouble('not-allowed', `the broker refuses ${what}${error ? `: ${messageOf(error)}` : ''}`, error);
}

/** The broker ends the connection at a message or a subscription, again and again. @param may what the user may not be allowed to do */
export function endsConnectionAt(url: string, what: string, may: string): FtteError {
  return trouble('not-allowed', `the broker ${url} ends the connection at ${what}: may this user ${may}`);
}

/** Another client uses the client id. @param certain whether the broker said so */
export function duplicateId(url: string, clientId: string, certain: boolean): FtteError {
  const text = certain
    ? `the connection to the broker ${url} ended because another client connected with the id "${clientId}"`
    : `the broker ${url} ended the last connections soon after they were made, whatever was in flight: the network is unstable, or another client has the id "${clientId}", too`;
  return trouble('duplicate-id', text);
}

export function trouble(kind: BrokerTrouble, message: string, cause?: unknown): FtteError {
  return new FtteError('broker', message, { kind }, { cause });
}

/** The kind of trouble of a `broker` error. */
export function troubleOf(error: unknown): string | undefined {
  const kind = error instanceof FtteError && error.code === 'broker' ? error.details['kind'] : undefined;
  return typeof kind === 'string' ? kind : undefined;
}

/** The code of an error of Node.js (text) or of MQTT (number). An `AggregateError` has it on its first error. */
function codeOf(error: unknown): string | number | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, errors } = error as { code?: unknown; errors?: unknown };
  if (typeof code === 'string' || typeof code === 'number') return code;
  return Array.isArray(errors) && errors.length > 0 ? codeOf(errors[0]) : undefined;
}

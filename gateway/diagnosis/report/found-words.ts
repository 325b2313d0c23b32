/**
 * All that a check can find, in English, by code. `{name}` is the place of a value. The editor has the same texts in each of its
 * languages: `diagnosis.found` of the catalogs.
 */
export const foundWords = {
  // The machine.
  versions: 'package {package}, protocol {protocol}, {programs}',
  memory: '{free} MB of {total} MB free, the heap of Node.js may have {heap} MB',
  disk: '{folder} can be written ({fileSystem}, {free} MB free)',
  'disk-elsewhere': '{folder} can be written ({free} MB free)',
  'disk-full': '{folder} cannot be written: the disk is full ({reason})',
  'disk-read-only': '{folder} cannot be written: the file system is read-only ({reason})',
  'disk-denied': '{folder} cannot be written: this process has no right to do so ({reason})',
  'disk-absent': '{folder} cannot be written: there is no such folder ({reason})',
  'disk-other': '{folder} cannot be written ({reason})',
  clock: 'it says {now}',
  'clock-file': 'it says {now}, and {file} is from {time}',
  'clock-coordinator':
    'the coordinator started {minutes} min in the future: the clock of this machine is behind, or that of the other ahead',
  // The way to the broker.
  address: '{host} is {address}',
  'address-unknown': 'no machine of the name {host} is known ({reason})',
  network: 'port {port} of {host} answers in {milliseconds} ms',
  'network-silent': '{host}:{port}: no answer for {seconds} s',
  'network-closed': '{host}:{port}: nothing listens there',
  'network-failed': '{host}:{port} cannot be reached ({reason})',
  tls: '{protocol}, the certificate of {name} ends at {until}',
  'tls-ends': '{protocol}, the certificate of {name} ends at {until} (days left: {days})',
  'tls-ended': '{protocol}, the certificate of {name} ended at {until}',
  'tls-silent': 'the broker does not answer',
  'tls-time': 'the certificate of the broker is not valid at this time ({reason})',
  'tls-authority': 'nobody whom this machine trusts has signed the certificate of the broker ({reason})',
  'tls-name': 'the certificate of the broker is for {names}, not for {host}',
  'tls-plain': 'what listens there does not speak TLS ({reason})',
  'tls-failed': 'no TLS connection to the broker ({reason})',
  // The broker.
  login: 'the broker accepts the user "{user}" and speaks {mqtt}',
  'login-anonymous': 'the broker accepts a client without a user and speaks {mqtt}',
  'login-credentials': 'the broker {url} refuses the user name or password, or the client id',
  'login-no-login': 'the broker {url} refuses a client without user name and password',
  'login-not-allowed': 'the broker {url} has banned this client',
  'login-client-id': 'the broker {url} refuses the client id',
  'login-protocol': 'what listens at {url} does not speak MQTT, or not this version',
  'login-busy': 'the broker {url} accepts no more connections for now',
  'login-tls': 'no TLS connection to the broker {url}',
  'login-unreachable': 'the broker {url} cannot be reached',
  'login-closed': 'the broker {url} ends the connection',
  'gateway-may': 'this user may do what the gateway "{gateway}" has to',
  'gateway-may-not-publish': 'this user may not publish {publish}, as the gateway "{gateway}" has to',
  'gateway-may-not-read': 'this user may not read {read}, as the gateway "{gateway}" has to',
  'gateway-may-neither':
    'this user may not publish {publish}, and not read {read}, as the gateway "{gateway}" has to',
  'gateway-unknown': 'over MQTT 3.1.1 it cannot be seen whether this user may publish {publish}',
  'coordinator-may': 'this user may do what the coordinator has to',
  'coordinator-may-not-publish': 'this user may not publish {publish}, as the coordinator has to',
  'coordinator-may-not-read': 'this user may not read {read}, as the coordinator has to',
  'coordinator-may-neither':
    'this user may not publish {publish}, and not read {read}, as the coordinator has to',
  'coordinator-unknown': 'over MQTT 3.1.1 it cannot be seen whether this user may publish {publish}',
  retained: 'the broker keeps retained messages',
  'retained-not': 'the broker retains no messages',
  'retained-unknown': 'not checked, as this user may not read {topic}',
  largest: 'the broker accepts messages of {kilobytes} KB',
  'largest-announced':
    'the broker accepts messages of {kilobytes} KB, and announces packets of {announced} bytes',
  'largest-none': 'the broker accepts no message of {kilobytes} KB on {topic}',
  // The federation.
  coordinator: 'version {version} of lineage {lineage}, protocol {protocol}',
  'coordinator-begins': 'no version yet, protocol {protocol}',
  'coordinator-none': 'none has worked in the federation "{federation}"',
  'coordinator-elsewhere': 'none has worked in the federation "{federation}"; there are {others}',
  'coordinator-stopped': 'it was stopped',
  'coordinator-version': 'its message {type} is not understood: its package has another version',
  'coordinator-unreadable': 'its message {type} is not understood',
  gateways: 'online: {online} of {known} that this user may see',
  'gateways-twice': 'two machines use the gateway id {ids}',
  hosted: 'clients: {clients}, retained messages: {retained}; nothing was refused',
  'hosted-refused':
    'clients: {clients}, retained messages: {retained}; refused logins: {logins}, messages or subscriptions without the right: {topics}, retained messages without room: {unkept}; connections ended by a limit: {limits}',
} as const;

export type FoundCode = keyof typeof foundWords;

/** The places of a text. */
type Places<Text extends string> = Text extends `${string}{${infer Place}}${infer Rest}`
  ? Place | Places<Rest>
  : never;

/** The values that a code needs: numbers are amounts, which each language writes in its way; texts stay as they are. */
export type FoundValues<Code extends FoundCode> = Readonly<
  Record<Places<(typeof foundWords)[Code]>, string | number>
>;

/** A text with its values. */
export function filled(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}

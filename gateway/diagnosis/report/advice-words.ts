/** Advice after a finding, in English, by code. `diagnosis.advice` of the catalogs has the same texts for the editor. */
export const adviceWords = {
  node: 'install Node.js 20 or newer',
  memory: 'end other programs, or choose a smaller memory budget in the train node',
  'disk-free': 'free some space',
  'disk-read-only':
    'make it writable, or use a folder on another disk; a disk that failed becomes read-only by itself: look at the log of the system',
  'disk-denied': 'give the user of this process the right to write there',
  'disk-absent': 'make the folder, or mount the disk that it is on',
  'disk-other': 'look at its rights, and whether the disk is full or read-only',
  'disk-container': 'the files of a container are lost with it: mount a volume for them',
  'disk-memory': 'files in memory are lost at a restart: use a folder on a disk',
  'disk-power': 'it may lose files in a power cut: use another file system, such as ext4',
  'disk-network': 'a network disk comes late and may hang: a local disk is safer',
  clock: 'set the clock (NTP); a machine without a battery has no time before it has a network',
  clocks: 'set the clocks (NTP)',
  address: 'correct the name in the address, or look at the name server of this machine',
  firewall: 'look at the firewall between this machine and the broker, and whether the machine is on',
  port: 'look at the port, at the address on which the broker listens, and whether it runs',
  'tls-port': 'use the port for TLS, mostly 8883, or mqtt:// without TLS',
  'tls-renew': 'renew the certificate of the broker',
  'tls-time': 'renew the certificate of the broker, or set the clock of this machine',
  'tls-authority': 'give the certificate of the authority that signed it (CA)',
  'tls-name': 'use the name that is in the certificate as the host of the address',
  log: 'look at the log of the broker',
  'login-again': "enter user and password again, and look at the broker's list of users",
  'login-enter': 'enter the invitation of the coordinator, or user and password',
  'login-banned': 'the broker has banned this machine: look at its list',
  'login-client-id': 'the broker accepts only client ids that it knows: allow those that begin with "ftte-"',
  'login-port': 'look at the port: a program that is no MQTT broker listens there',
  'login-wait': 'wait, or raise the number of connections that the broker accepts',
  'gateway-user': 'nothing, unless this user is that of this gateway',
  'coordinator-user': 'nothing, unless this user is that of the coordinator',
  rights: 'allow the topics of docs/protocol.md (Access control) in the rules of the broker',
  'rights-unknown': 'look at the rules of the broker, or use a broker that speaks MQTT 5',
  retained:
    'set retain_available; without it, gateways that come later wait until task, version and claim are repeated',
  'retained-unknown': 'nothing, or diagnose it as the user of the coordinator',
  largest: 'raise the limit of the broker (max_packet_size, message_size_limit)',
  'largest-parts':
    'nothing, as larger messages are sent in parts; for fewer parts, raise the limit of the broker (max_packet_size, message_size_limit)',
  'coordinator-start': 'start the coordinator',
  'coordinator-find':
    'start the coordinator, correct the name of the federation, or let this user read all/#',
  'package-same': 'bring the package to the same version on all machines',
  'package-update': 'update the package on this machine',
  'own-id': 'give each machine an id of its own',
  hosted:
    'look in the log of this node for login-refused, topic-refused and broker-limit: they name user and address',
} as const;

export type AdviceCode = keyof typeof adviceWords;

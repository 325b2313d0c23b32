import { createHash, randomBytes } from 'node:crypto';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import {
  CoordinatorPairing,
  encodeWelcome,
  externalData,
  GatewayPairing,
  GroupReceiver,
  GroupSender,
  Identity,
  type Pair,
  readSign1,
  sign1,
} from '../gateway/security';
import { measureRevocation, type RevocationCost } from './security/revocation';
import { median } from './support/statistics';
import { textTable } from './support/text-table';

/** `npm run bench:security` measures the cryptography of one message, and of one version by the number of members. */
const usage = `Measures what signing and sealing costs, in processor time of one thread.

  npm run bench:security -- [--json] [--members N,N] [--ms N] [--rounds N]

  --json     one JSON line: {"machine","sha256Of1MBMs","operations":[{"operation","bytes","ms","ratio"}],
             "versions":[{"members","outMs","inMs","welcomesMs","pairsMs"}],
             "revocations":[{"members","cpuMs","longestMs","longestRestartMs"}]}
  --members  members of a federation (default 10,500,10000)
  --ms N     each operation is repeated for N milliseconds (default 200)
  --rounds N every measurement N times; the median counts (default 5)

"ratio" is the time of an operation divided by the time of SHA-256 of 1 MB (1 000 000 bytes) on the same machine: multiply
it by what \`openssl speed -bytes 1000000 sha256\` says of another machine to estimate it there. A version costs the
coordinator: "out", a broadcast of 1 kB (one signature, one seal) and a seal of 100 bytes for each member; "in", an update
of 1 kB opened from each. "welcomes" is a new group key for all, after a revocation; "pairs" is what a restart costs:
a hello of each member verified, and its keys made. "revocations" are those of the protection that coordinators use, with the file
of the members on disk: its processor time, and the longest time in which the event loop got no turn, also while all members
are admitted again after a restart.
`;

interface Operation {
  readonly operation: string;
  readonly bytes: number;
  readonly ms: number;
  /** Divided by SHA-256 of 1 MB. */
  readonly ratio: number;
}

interface VersionCost {
  readonly members: number;
  readonly outMs: number;
  readonly inMs: number;
  readonly welcomesMs: number;
  readonly pairsMs: number;
}

const federation = 'clinic';
const topicOf = (type: string, id = 'gw-1') => `ftte/v2/${federation}/to/${id}/${type}`;
const identity = Identity.create();

/** Milliseconds of processor time that a call takes. */
const cpuMs = (call: () => void): number => {
  const before = process.cpuUsage();
  call();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
};

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      members: { type: 'string', default: '10,500,10000' },
      ms: { type: 'string', default: '200' },
      rounds: { type: 'string', default: '5' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(usage);
  const forMs = Number(values.ms);
  const rounds = Number(values.rounds);
  /** The median of the rounds, of the time of one call. */
  const time = (call: () => void): number => {
    call();
    const once = Array.from({ length: rounds }, () => {
      let calls = 0;
      const ms = cpuMs(() => {
        for (const end = performance.now() + forMs; performance.now() < end; calls++) call();
      });
      return ms / calls;
    });
    return median(once);
  };
  const million = randomBytes(1_000_000);
  const sha256Of1MBMs = time(() => createHash('sha256').update(million).digest());
  const operations = measureOperations(time).map((each) => ({ ...each, ratio: each.ms / sha256Of1MBMs }));
  const versions = values.members.split(',').map(Number).map(measureVersion(rounds));
  const revocations: RevocationCost[] = [];
  for (const members of values.members.split(',').map(Number))
    revocations.push(await measureRevocation(members));
  const machine = cpus()[0]?.model ?? 'unknown';
  if (values.json) {
    const rounded = JSON.stringify(
      { machine, sha256Of1MBMs, operations, versions, revocations },
      (_, value) => (typeof value === 'number' ? Number(value.toPrecision(4)) : value),
    );
    return void console.log(rounded);
  }
  print(machine, sha256Of1MBMs, operations, versions);
  const rows = revocations.map(({ members, cpuMs, longestMs, longestRestartMs }) =>
    [members, cpuMs.toFixed(1), longestMs ?? '-', longestRestartMs ?? '-'].map(String),
  );
  console.log(`\n${textTable(['members', 'revoke cpu ms', 'longest ms', 'restart longest ms'], rows, 0)}`);
}

function measureOperations(time: (call: () => void) => number): Omit<Operation, 'ratio'>[] {
  const { gateway, pair } = pairUp('gw-1', new CoordinatorPairing({ identity, federation, term: 1, run: 1 }));
  const group = new GroupSender({ identity, federation, epoch: 1 });
  const receiver = new GroupReceiver(federation, identity.publicKey);
  receiver.welcome(group.secret);
  return [100, 1_000, 10_000].flatMap((bytes) => {
    const payload = randomBytes(bytes);
    const external = externalData(topicOf('task'));
    const signed = sign1(identity, payload, external);
    const sealed = () => pair.sealer.seal(topicOf('ack'), payload);
    // Each message opens once, so what is opened is sealed within the same time.
    const seal = time(sealed);
    const both = time(() => gateway.opener.open(topicOf('ack'), sealed()));
    const broadcast = () => group.seal(topicOf('patch'), payload);
    const broadcastMs = time(broadcast);
    const received = time(() => receiver.open(topicOf('patch'), broadcast()));
    return [
      { operation: 'sign', bytes, ms: time(() => sign1(identity, payload, external)) },
      { operation: 'verify', bytes, ms: time(() => readSign1(signed).verify(identity.publicKey, external)) },
      { operation: 'seal', bytes, ms: seal },
      { operation: 'open', bytes, ms: both - seal },
      { operation: 'broadcast', bytes, ms: broadcastMs },
      { operation: 'receive', bytes, ms: received - broadcastMs },
    ];
  });
}

/** Both sides of a pair, from claim and hello. */
function pairUp(id: string, pairing: CoordinatorPairing): { gateway: Pair; pair: Pair } {
  const { hello, gateway } = helloOf(id, pairing);
  return { gateway, pair: pairing.pairWith(pairing.readHello(topicOf('hello', id), id, hello)) };
}

/** The hello of a new gateway, and its side of the pair. */
function helloOf(id: string, pairing: CoordinatorPairing): { hello: Uint8Array; gateway: Pair } {
  const options = {
    identity: Identity.create(),
    federation,
    gateway: id,
    coordinator: identity.publicKey,
    run: 1,
  };
  const own = new GatewayPairing(options);
  own.takeClaim(topicOf('claim'), pairing.claim(topicOf('claim'), new Uint8Array(0)));
  const hello = own.hello(topicOf('hello', id), randomBytes(60));
  if (!own.pair) throw new Error('expected a pair after the claim');
  return { hello, gateway: own.pair };
}

const measureVersion =
  (rounds: number) =>
  (count: number): VersionCost => {
    const pairing = new CoordinatorPairing({ identity, federation, term: 1, run: 1 });
    const ids = Array.from({ length: count }, (_, i) => `gw-${i}`);
    const gateways = ids.map((id) => ({ id, ...helloOf(id, pairing) }));
    const pairs: Pair[] = [];
    const pairsMs = cpuMs(() => {
      for (const { id, hello } of gateways)
        pairs.push(pairing.pairWith(pairing.readHello(topicOf('hello', id), id, hello)));
    });
    const group = new GroupSender({ identity, federation, epoch: 1 });
    const [small, update] = [randomBytes(100), randomBytes(1_000)];
    const costs = Array.from({ length: rounds }, () => {
      const updates = gateways.map(({ id, gateway }) => gateway.sealer.seal(topicOf('update', id), update));
      const outMs = cpuMs(() => {
        group.seal(topicOf('patch'), update);
        for (const [i, pair] of pairs.entries()) pair.sealer.seal(topicOf('grant', ids[i]), small);
      });
      const inMs = cpuMs(() => {
        for (const [i, pair] of pairs.entries()) pair.opener.open(topicOf('update', ids[i]), updates[i]!);
      });
      const welcomesMs = cpuMs(() => {
        const secret = group.rotate();
        for (const [i, pair] of pairs.entries())
          pair.sealer.seal(topicOf('welcome', ids[i]), encodeWelcome({ ...secret, counter: 1 }));
      });
      return { outMs, inMs, welcomesMs };
    });
    const middle = (key: 'outMs' | 'inMs' | 'welcomesMs') => median(costs.map((cost) => cost[key]));
    const [outMs, inMs, welcomesMs] = [middle('outMs'), middle('inMs'), middle('welcomesMs')];
    return { members: count, outMs, inMs, welcomesMs, pairsMs };
  };

function print(
  machine: string,
  unit: number,
  operations: readonly Operation[],
  versions: readonly VersionCost[],
): void {
  console.log(`${machine}; SHA-256 of 1 MB: ${unit.toFixed(3)} ms\n`);
  const rows = operations.map(({ operation, bytes, ms, ratio }) => [
    operation,
    String(bytes),
    ms.toFixed(4),
    ratio.toFixed(4),
  ]);
  console.log(textTable(['operation', 'bytes', 'ms', 'ratio'], rows));
  const cells = versions.map(({ members, outMs, inMs, welcomesMs, pairsMs }) => [
    String(members),
    ...[outMs, inMs, welcomesMs, pairsMs].map((ms) => ms.toFixed(2)),
  ]);
  console.log(`\n${textTable(['members', 'out ms', 'in ms', 'welcomes ms', 'pairs ms'], cells, 0)}`);
}

void main();

// Gateways of a fleet in one process, each with a connection and a session of its own. They do all that a gateway does but
// train. Argument: settings as JSON.
import { type FederationMember, joinFederation } from '../../gateway';
import { choosePlan } from '../../gateway/participant';
import { SeededRandom, silentLog } from '../../gateway/platform';
import { IdleTrainer } from './idle-trainer';
import { type ClientCounts, type ClientSettings, cpuMs, federation } from './messages';

const { url, first, count, width, periodMs } = JSON.parse(process.argv[2] ?? '') as ClientSettings;
const random = new SeededRandom(first + 1);
const problems: Record<string, number> = {};
let [ready, rounds, late] = [0, 0, 0];

async function join(number: number): Promise<void> {
  const member = await joinFederation({
    federation,
    broker: url,
    id: `g${String(number).padStart(5, '0')}`,
    personal: 'off',
    trigger: { newWindows: 0 },
    capacity: 16,
    policy: { fewestSamples: 1, smallestBatch: 1, mostUpdatesPerHour: 3600 },
    createTrainer: () => new IdleTrainer(() => 2 * random.uniform() - 1),
    choosePlan,
    log: silentLog,
  });
  member.on('problem', ({ message }) => {
    problems[message] = (problems[message] ?? 0) + 1;
  });
  member.on('round', () => rounds++);
  for (let i = 0; i < 16; i++)
    member.add(
      Float32Array.from({ length: 117 }, () => random.normal()),
      'abcdef'[i % 6],
    );
  await collecting(member);
  ready++;
  setTimeout(() => trainEvery(member), random.uniform() * periodMs);
}

function trainEvery(member: FederationMember): void {
  if (member.trainNow() === 'busy') late++;
  setTimeout(() => trainEvery(member), periodMs);
}

/** Resolves once the member holds a model and could train. */
function collecting(member: FederationMember): Promise<void> {
  return new Promise((resolve) => {
    const off = member.on('status', ({ phase }) => phase === 'collecting' && done());
    const done = () => {
      off();
      resolve();
    };
    if (member.status.phase === 'collecting') done();
  });
}

async function main(): Promise<void> {
  process.on('message', () =>
    process.send?.({
      ready,
      rounds,
      late,
      problems,
      rss: process.memoryUsage.rss(),
      cpuMs: cpuMs(),
    } satisfies ClientCounts),
  );
  let next = first;
  const one = async () => {
    while (next < first + count) await join(next++);
  };
  await Promise.all(Array.from({ length: width }, one));
}

void main();

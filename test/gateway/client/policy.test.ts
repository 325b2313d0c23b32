import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FederationMember, joinFederation, type MemberSettings } from '../../../gateway/client';
import { createEngine, InlineTrainer } from '../../../gateway/engine';
import { initialParameters, type ParameterLayout, parameterLayout } from '../../../gateway/model';
import { choosePlan } from '../../../gateway/participant';
import { type Log, SeededRandom, silentLog, systemClock } from '../../../gateway/platform';
import { TransportSession } from '../../../gateway/session';
import { modelKey, parseTask, type Task, type TaskInput, taskModel } from '../../../gateway/task';
import { MemoryBroker, MemoryTransport } from '../../../gateway/transport';
import type { Message } from '../../../gateway/wire';
import { settled, until } from '../participant/tools';

const length = 16;
const honest: TaskInput = {
  name: 'movement',
  input: { channels: [{ name: 'x' }], rateHz: 10, length, hop: 8, normalisation: 'none' },
  labels: ['resting', 'moving'],
  model: { layers: [{ type: 'flatten' }, { type: 'dense', units: 8 }, { type: 'dense', units: 2 }] },
};
/** Rounds of one sample in one step, sent as it is: the update holds the sample. */
const greedy: TaskInput = {
  ...honest,
  training: { batchSize: 1, epochs: 1, minSamples: 1, maxSamplesPerRound: 1 },
  encoding: { update: 'float32' },
};
/** All that a person can allow. */
const everything = { fewestSamples: 1, smallestBatch: 1, finestEncoding: 'float32', newTask: 'any' } as const;
const firstLineage = '00000000000000a1';
const otherLineage = 'badbadbadbadbad0';

/** Whoever has the password of the broker: speaks as the coordinator, and reads what gateways send. */
class Coordinator {
  readonly updates: Message<'update'>[] = [];
  readonly hellos: Message<'hello'>[] = [];
  private readonly transport: MemoryTransport;
  private readonly session: TransportSession;

  constructor(broker: MemoryBroker) {
    this.transport = new MemoryTransport(broker, { client: 'hub' });
    const random = new SeededRandom(9);
    this.session = new TransportSession({
      transport: this.transport,
      federation: 'demo',
      id: 'hub',
      clock: systemClock,
      random,
    });
  }

  async start(): Promise<this> {
    this.transport.open();
    await this.session.subscribe('update', (update) => void this.updates.push(update));
    await this.session.subscribe('hello', (hello) => void this.hellos.push(hello));
    return this;
  }

  async give(task: Task, lineage: string): Promise<void> {
    const key = modelKey(task);
    await this.session.send({ type: 'task', task, modelKey: key, lineage });
    const parameters = initialParameters(taskModel(task), task.seed);
    const model = { lineage, version: 1, modelKey: key };
    await this.session.send({ type: 'snapshot', ...model, parameters, average: parameters }, 'edge');
  }

  close(): Promise<void> {
    return this.transport.close();
  }
}

describe('what a gateway never does', () => {
  let broker: MemoryBroker;
  let hub: Coordinator;
  let folder: string;
  const members: FederationMember[] = [];
  const said: string[] = [];
  const log: Log = { ...silentLog, warn: (text, code) => void said.push(`${code}: ${text}`) };

  beforeEach(async () => {
    said.length = 0;
    broker = new MemoryBroker();
    hub = await new Coordinator(broker).start();
    folder = await mkdtemp(join(tmpdir(), 'policy-'));
  });
  afterEach(async () => {
    for (const member of members.splice(0)) await member.close();
    await hub.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function joined(more: Partial<MemberSettings> = {}): Promise<FederationMember> {
    const member = await joinFederation({
      federation: 'demo',
      broker: (will) => new MemoryTransport(broker, { client: 'edge', will }),
      id: 'edge',
      folder,
      createTrainer: () => new InlineTrainer(createEngine(), systemClock),
      choosePlan,
      trigger: { newWindows: 1 },
      random: new SeededRandom(2),
      log,
      ...more,
    });
    members.push(member);
    return member;
  }
  const secrets = (count: number, seed: number) => {
    const random = new SeededRandom(seed);
    return Array.from({ length: count }, () => Float32Array.from({ length }, () => random.normal()));
  };

  /** A gateway at work, then the two messages of an attacker, then more windows. @returns the best match of each window */
  async function attack(policy: MemberSettings['policy']): Promise<number[]> {
    await hub.give(parseTask(honest), firstLineage);
    const edge = await joined({ ...(policy && { policy }) });
    await hub.give(parseTask(honest), firstLineage);
    await until(() => edge.status.version === 1, 'a model');
    for (const window of secrets(12, 1)) edge.add(window, 'moving');
    const evil = parseTask(greedy);
    await hub.give(evil, otherLineage);
    await until(
      () => edge.status.lineage === otherLineage || edge.status.refusal !== undefined,
      'a decision',
    );
    await hub.give(evil, otherLineage);
    const windows = secrets(12, 2);
    const isTaken = edge.status.refusal === undefined;
    if (isTaken) await until(() => edge.status.version === 1, 'the model of the attacker');
    for (const window of windows) {
      const before = hub.updates.length;
      edge.add(window, 'moving');
      edge.trainNow();
      if (isTaken) await until(() => hub.updates.length > before, 'an update');
      await until(() => edge.status.phase !== 'training', 'the end of a round');
      await settled();
    }
    await edge.close();
    const layout = parameterLayout(taskModel(evil));
    const caught = hub.updates.filter(({ lineage }) => lineage === otherLineage);
    return caught.map(({ delta }) =>
      Math.max(...[...windows, ...secrets(12, 1)].map((w) => correlation(rebuilt(delta.values, layout), w))),
    );
  }

  it('is to send what two messages of an attacker ask for: the task is refused, and no update follows', async () => {
    assert.deepEqual(await attack(undefined), []);
    assert.match(
      said.join('\n'),
      /task-refused: the task is refused: training\.batchSize: got 1, this gateway takes at least 8/,
    );
  });

  it('would have been caught: with all limits off, the attacker rebuilds the windows', async () => {
    const best = await attack(everything);
    assert.ok(best.length >= 5, `${best.length} updates`);
    assert.ok(
      best.every((value) => value > 0.999),
      `${best}`,
    );
  });

  it('is to forget a task and its samples for one that breaks the policy: the gateway goes on, and says why to all', async () => {
    await hub.give(parseTask(honest), firstLineage);
    const edge = await joined();
    await hub.give(parseTask(honest), firstLineage);
    await until(() => edge.status.version === 1, 'a model');
    for (const window of secrets(6, 1)) edge.add(window, 'moving');
    const notices: string[] = [];
    edge.on('notice', ({ code }) => notices.push(code));
    for (let i = 0; i < 3; i++) await hub.give(parseTask({ ...greedy, labels: ['a', 'b'] }), otherLineage);
    await until(() => hub.hellos.some(({ refuses }) => refuses !== undefined), 'a hello that says so');
    assert.deepEqual(
      [edge.status.samples, edge.status.lineage, edge.task.labels],
      [6, firstLineage, honest.labels],
    );
    assert.deepEqual(notices, ['task-refused'], 'it is said once');
    assert.match(hub.hellos.at(-1)?.refuses ?? '', /^the task is refused: training\.batchSize/);
    assert.throws(() => edge.acceptTask(), { code: 'task-refused' });
    await hub.give(parseTask(honest), firstLineage);
    await until(() => edge.status.refusal === undefined, 'the agreed task');
    await until(() => hub.hellos.at(-1)?.refuses === undefined, 'a hello without a refusal');
  });

  it('is to take other labels by itself: the task waits until a person accepts it, also after a restart', async () => {
    await hub.give(parseTask(honest), firstLineage);
    const edge = await joined();
    const other = parseTask({ ...honest, labels: ['alone', 'in company'] });
    await hub.give(other, otherLineage);
    await until(() => edge.status.refusal !== undefined, 'a refusal');
    assert.equal(edge.status.refusal?.kind, 'waiting');
    assert.match(edge.status.refusal.text, /^labels: got \["alone","in company"\], agreed was/);
    await edge.close();

    const again = await joined();
    assert.equal(again.status.phase, 'refused');
    assert.throws(() => again.task, { code: 'task-waiting' });
    again.acceptTask();
    assert.deepEqual(again.task.labels, other.labels);
    assert.equal(again.status.refusal, undefined);
    assert.throws(() => again.acceptTask(), { code: 'not-ready' });
    await again.close();

    const third = await joined();
    assert.deepEqual(third.task.labels, other.labels);
  });

  it('is to train on copies of few samples, or more often than it may, and it says so', async () => {
    await hub.give(parseTask({ ...honest, training: { minSamples: 1 } }), firstLineage);
    const edge = await joined({ trigger: { newWindows: 0 }, policy: { mostUpdatesPerHour: 2 } });
    await hub.give(edge.task, firstLineage);
    await until(() => edge.status.version === 1, 'a model');
    const [window] = secrets(1, 1);
    for (let i = 0; i < 20; i++) edge.add(window!.slice(), 'moving');
    assert.equal(edge.trainNow(), 'policy-limit');
    // One of them lies where windows that are held out begin, and is on neither side.
    assert.match(
      said.join('\n'),
      /policy-limit: 1 of 19 samples are distinct, this gateway trains on at least 8/,
    );
    for (const other of secrets(20, 2)) edge.add(other, 'moving');
    for (let i = 0; i < 2; i++) {
      const done = new Promise((resolve) => edge.on('round', resolve));
      assert.equal(edge.trainNow(), 'started');
      await done;
      await until(() => edge.status.phase !== 'training', 'the end of a round');
    }
    assert.equal(edge.trainNow(), 'policy-limit');
    assert.match(said.join('\n'), /policy-limit: this gateway sends at most 2 updates an hour/);
  });

  it('can be set wrongly, which names the setting', async () => {
    const wrong: [MemberSettings['policy'], number, RegExp][] = [
      [{ smallestBatch: 0 }, 1024, /^policy\.smallestBatch: /],
      [{ largestModel: 'many' }, 1024, /^policy\.largestModel: /],
      [{ fewestSamples: 64 }, 32, /^capacity: expected at least policy\.fewestSamples, 64, got 32/],
    ];
    for (const [policy, capacity, message] of wrong)
      await assert.rejects(joined({ ...(policy && { policy }), capacity }), {
        code: 'config-invalid',
        message,
      });
  });
});

/** The sample behind one step on it: the gradient of a dense kernel is the input times the gradient of the bias. */
function rebuilt(delta: Float32Array, { tensors }: ParameterLayout): number[] {
  const [kernel, bias] = tensors;
  const units = bias!.size;
  const unit = Array.from({ length: units }, (_, j) => j).reduce((a, b) =>
    Math.abs(delta[bias!.offset + b]!) > Math.abs(delta[bias!.offset + a]!) ? b : a,
  );
  return Array.from(
    { length: kernel!.size / units },
    (_, i) => delta[kernel!.offset + i * units + unit]! / delta[bias!.offset + unit]!,
  );
}

/** Pearson's correlation coefficient. */
function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const mean = (v: ArrayLike<number>) => Array.from(v).reduce((sum, x) => sum + x, 0) / v.length;
  const [ma, mb] = [mean(a), mean(b)];
  let [sum, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    sum += (a[i]! - ma) * (b[i]! - mb);
    aa += (a[i]! - ma) ** 2;
    bb += (b[i]! - mb) ** 2;
  }
  return sum / Math.sqrt(aa * bb || 1);
}

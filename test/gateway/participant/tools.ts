import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine, InlineTrainer } from '../../../gateway/engine';
import { initialParameters, parameterLayout, type Segment } from '../../../gateway/model';
import { ModelFollower, Participant, type ParticipantOptions } from '../../../gateway/participant';
import { runSync, SeededRandom, type VirtualClock } from '../../../gateway/platform';
import { TransportSession } from '../../../gateway/session';
import { modelKey, parseTask, type Task, type TaskInput, taskModel } from '../../../gateway/task';
import { type MemoryBroker, MemoryTransport } from '../../../gateway/transport';
import {
  type Ack,
  type Grant,
  type Hello,
  type Message,
  type Ready,
  type Sync,
  type Update,
  versionDigest,
} from '../../../gateway/wire';
import { smallTask } from '../../../tools/support/small-task';
import { aMoment } from '../../support/waiting';

export const federation = 'clinic';
export const firstLineage = '00000000000000a1';
export const secondLineage = '00000000000000b2';

/** A task whose model trains in a millisecond: windows [8, 2], two labels. */
export function tinyTask(changes: Partial<TaskInput> = {}): Task {
  return parseTask({
    name: 'tiny',
    ...smallTask(8),
    training: { batchSize: 4, epochs: 2, minSamples: 4, learningRate: 0.05 },
    encoding: { update: 'float32', patch: 'float32' },
    ...changes,
  });
}

export const parametersOf = (task: Task) => initialParameters(taskModel(task), task.seed);
export const sizeOf = (task: Task) => parameterLayout(taskModel(task)).size;

/** Lets everything happen that needs no virtual time, also work of the disk, until `condition` holds. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`timed out waiting for: ${what}`);
    await aMoment();
  }
}

/** Lets everything happen that needs neither the clock nor the disk. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** A coordinator that follows the test, over its own session. */
export class ScriptedCoordinator {
  readonly session: TransportSession;
  readonly transport: MemoryTransport;
  readonly syncs: Message<Sync['type']>[] = [];
  readonly hellos: Message<Hello['type']>[] = [];
  readonly updates: Message<Update['type']>[] = [];
  readonly readies: Message<Ready['type']>[] = [];
  lineage = firstLineage;
  version = 0;
  parameters: Float32Array;
  average: Float32Array;
  /** Whether it answers `sync`. */
  answering = true;
  /** The acknowledgement of each update; undefined: it sends none. */
  verdict: ((update: Message<'update'>) => Omit<Ack, 'type' | 'id' | 'version'>) | undefined;

  constructor(
    broker: MemoryBroker,
    clock: VirtualClock,
    public task: Task,
  ) {
    this.transport = new MemoryTransport(broker, { client: 'coordinator' });
    this.session = new TransportSession({
      transport: this.transport,
      federation,
      id: 'coordinator',
      clock,
      random: new SeededRandom(9),
    });
    this.parameters = parametersOf(task);
    this.average = this.parameters.slice();
  }

  async start(): Promise<this> {
    this.transport.open();
    await this.session.subscribe('sync', (sync) => {
      this.syncs.push(sync);
      if (this.answering) this.snapshot(sync.sender, sync.maxPartBytes);
    });
    await this.session.subscribe('hello', (hello) => void this.hellos.push(hello));
    await this.session.subscribe('ready', (ready) => void this.readies.push(ready));
    await this.session.subscribe('update', (update) => {
      this.updates.push(update);
      if (this.verdict) this.acknowledge(update, this.verdict(update));
    });
    await this.publishTask();
    return this;
  }

  async publishTask(): Promise<void> {
    const { task, lineage } = this;
    await this.session.send({ type: 'task', task, modelKey: modelKey(task), lineage });
    await this.publishHead();
  }

  /** The digest of the newest version. */
  get digest(): string {
    return runSync(versionDigest(this, this.parameters));
  }

  /** @param digest of the head; undefined: it has none */
  async publishHead(version = this.version, lineage = this.lineage, digest?: string): Promise<void> {
    const says = digest === undefined ? {} : { digest };
    await this.session.send({ type: 'head', lineage, version, modelKey: modelKey(this.task), ...says });
  }

  /** Makes the next version by adding `change` to all parameters. Returns the patch without sending it. */
  advance(change: number) {
    this.version++;
    const values = new Float32Array(this.parameters.length).fill(change);
    const k = Math.min(this.version + 1, this.task.aggregation.averageVersions);
    for (let i = 0; i < values.length; i++) {
      this.parameters[i]! += values[i]!;
      this.average[i]! += (this.parameters[i]! - this.average[i]!) / k;
    }
    const segments: Segment[] = [{ offset: 0, length: values.length }];
    const delta = { encoding: 'float32', values } as const;
    return { type: 'patch', lineage: this.lineage, version: this.version, segments, delta } as const;
  }

  /** Makes and publishes a new version. */
  async publish(change: number): Promise<void> {
    await this.session.send(this.advance(change));
    await this.publishHead();
  }

  snapshot(to: string, maxPartBytes?: number): void {
    const { lineage, version, parameters, average, task } = this;
    const model = { lineage, version, modelKey: modelKey(task) };
    void this.session.send({ type: 'snapshot', ...model, parameters, average }, to, { maxPartBytes });
  }

  acknowledge(update: Message<'update'>, verdict: Omit<Ack, 'type' | 'id' | 'version'>): void {
    void this.session.send({ type: 'ack', id: update.id, version: this.version, ...verdict }, update.sender);
  }

  /** Grants a round; without a catch-up unless one is given. */
  async grant(to: string, id: string, fields: Partial<Grant> = {}): Promise<void> {
    const { lineage, version } = this;
    await this.session.send({ type: 'grant', lineage, version, id, ...fields }, to);
  }

  /** Acknowledges a message that is no update. */
  async answer(to: string, id = ''): Promise<void> {
    await this.session.send({ type: 'ack', id, status: 'accepted', version: this.version }, to);
  }

  async claim(instance: string): Promise<void> {
    await this.session.send({ type: 'claim', instance, since: 1, active: true });
  }

  /** Starts again with another lineage, and perhaps another task. */
  async restart(lineage: string, task = this.task): Promise<void> {
    this.lineage = lineage;
    this.task = task;
    this.version = 0;
    this.parameters = parametersOf(task);
    this.average = this.parameters.slice();
    await this.publishTask();
  }
}

/** A gateway with everything that a participant needs. */
export function gateway(
  world: { broker: MemoryBroker; clock: VirtualClock },
  id: string,
  options: Partial<ParticipantOptions> & { outboxFolder: string },
) {
  const { broker, clock } = world;
  const transport = new MemoryTransport(broker, { client: id });
  const random = new SeededRandom(id.length);
  const session = new TransportSession({ transport, federation, id, clock, random });
  const follower = new ModelFollower({ session, clock, random: new SeededRandom(2) });
  const trainer = new InlineTrainer(createEngine(), clock);
  const participant = new Participant({
    session,
    follower,
    trainer,
    onConnection: (listener) => transport.onState(listener),
    budgetBytes: 1024 * 1024,
    trigger: { newWindows: 0, intervalMs: 0 },
    clock,
    random: new SeededRandom(77),
    ...options,
  });
  return {
    transport,
    session,
    follower,
    trainer,
    participant,
    /** Connects and starts. Resolves when the model has arrived. */
    async join(): Promise<void> {
      transport.open();
      await follower.start();
      await participant.start();
      await until(() => clock.nextDue !== undefined || !!follower.parameters, 'a request for the model');
      clock.advance(1000);
      await until(() => !!follower.parameters, 'a model');
    },
    async leave(): Promise<void> {
      await participant.stop();
      await follower.stop();
      await session.stop();
      await transport.close();
    },
  };
}

export type Gateway = ReturnType<typeof gateway>;

/** Checks that two vectors are equal bit for bit, and names the first difference. */
export function assertSameVector(actual: Float32Array | undefined, wanted: Float32Array): void {
  assert.equal(actual?.length, wanted.length);
  const place = wanted.findIndex((value, i) => !Object.is(value, actual?.[i]));
  assert.ok(place < 0, `element ${place} is ${actual?.[place]}, expected ${wanted[place]}`);
}

/** Windows that a model can distinguish: `still` near 0, `moving` far from it. All numbers are distinct. */
export function tinySamples(count: number, seed = 1) {
  const random = new SeededRandom(seed);
  return Array.from({ length: count }, (_, i) => {
    const label = i % 2;
    const window = Float32Array.from({ length: 16 }, () => random.normal() * 0.1 + (label ? 1.5 : -0.5));
    return { window, label };
  });
}

/** A folder for one test, and a function that removes it. */
export async function temporaryFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'ftte-participant-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

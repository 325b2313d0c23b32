import assert from 'node:assert/strict';
import { ModelFollower, type VersionEvent } from '../../../../gateway/participant';
import { type FtteError, SeededRandom, VirtualClock } from '../../../../gateway/platform';
import { TransportSession } from '../../../../gateway/session';
import { modelKey } from '../../../../gateway/task';
import { MemoryBroker, MemoryTransport } from '../../../../gateway/transport';
import {
  assertSameVector,
  federation,
  firstLineage,
  parametersOf,
  ScriptedCoordinator,
  secondLineage,
  settled,
  sizeOf,
  tinyTask,
  until,
} from '../tools';

const task = tinyTask();

describe('model follower', () => {
  let clock: VirtualClock;
  let broker: MemoryBroker;
  let coordinator: ScriptedCoordinator;
  let transport: MemoryTransport;
  let session: TransportSession;
  let follower: ModelFollower;
  let versions: VersionEvent[];
  let problems: FtteError[];

  beforeEach(async () => {
    clock = new VirtualClock();
    broker = new MemoryBroker();
    coordinator = await new ScriptedCoordinator(broker, clock, task).start();
    transport = new MemoryTransport(broker, { client: 'gw' });
    session = new TransportSession({ transport, federation, id: 'gw', clock, random: new SeededRandom(1) });
    follower = new ModelFollower({ session, clock, random: new SeededRandom(2) });
    versions = [];
    problems = [];
    follower.on('version', (event) => versions.push(event));
    follower.on('problem', (error) => problems.push(error));
    transport.open();
  });
  afterEach(async () => {
    await follower.stop();
    assert.equal(clock.nextDue, undefined, 'a timer was left running');
  });

  /** Starts and takes the first snapshot. */
  async function join(): Promise<void> {
    await follower.start();
    await settled();
    clock.advance(1000);
    await until(() => follower.version >= 0, 'a model');
  }

  it('knows the task before it has a model, and requests the model once', async () => {
    coordinator.version = 7;
    await follower.start();
    await settled();
    assert.equal(follower.task?.name, 'tiny');
    assert.equal(follower.lineage, firstLineage);
    assert.equal(follower.version, -1);
    clock.advance(1000);
    await until(() => follower.version === 7, 'version 7');
    clock.advance(3_600_000);
    await settled();
    assert.deepEqual(
      coordinator.syncs.map(({ lineage, version }) => ({ lineage, version })),
      [{ lineage: firstLineage, version: -1 }],
    );
    assertSameVector(follower.parameters, coordinator.parameters);
    assert.deepEqual(versions, [{ lineage: firstLineage, version: 7, cause: 'snapshot' }]);
  });

  it('applies patch after patch, and its average equals that of the coordinator bit for bit', async () => {
    await join();
    for (const change of [0.1, -0.37, 0.013, 0.5]) await coordinator.publish(change);
    await until(() => follower.version === 4, 'version 4');
    assertSameVector(follower.parameters, coordinator.parameters);
    assertSameVector(follower.average, coordinator.average);
    assert.notDeepEqual(follower.average, follower.parameters);
    assert.equal(coordinator.syncs.length, 1);
  });

  it('requests what it missed once, and applies the patches that came meanwhile to the answer', async () => {
    await join();
    coordinator.advance(0.1);
    coordinator.answering = false;
    await coordinator.publish(0.2);
    await coordinator.publish(0.3);
    await settled();
    assert.equal(follower.version, 0);
    clock.advance(1000);
    await until(() => coordinator.syncs.length === 2, 'a second request');
    coordinator.snapshot('gw');
    await coordinator.publish(0.4);
    await until(() => follower.version === 4, 'version 4');
    clock.advance(3_600_000);
    await settled();
    assert.equal(coordinator.syncs.length, 2);
    assertSameVector(follower.parameters, coordinator.parameters);
    assertSameVector(follower.average, coordinator.average);
  });

  it('waits a moment for a patch that comes late, and then needs no snapshot', async () => {
    await join();
    const [first, second] = [coordinator.advance(0.1), coordinator.advance(0.2)];
    await coordinator.session.send(second);
    await settled();
    assert.equal(follower.version, 0);
    clock.advance(100);
    await coordinator.session.send(first);
    await until(() => follower.version === 2, 'version 2');
    clock.advance(3_600_000);
    await settled();
    assert.equal(coordinator.syncs.length, 1);
    assertSameVector(follower.parameters, coordinator.parameters);
  });

  it('ignores messages that it has, that are old or that are of another lineage', async () => {
    await join();
    const patch = coordinator.advance(0.1);
    await coordinator.session.send(patch);
    await until(() => follower.version === 1, 'version 1');
    const held = follower.parameters!.slice();
    await coordinator.session.send(patch);
    await coordinator.session.send({ ...patch, version: 2, lineage: secondLineage });
    await coordinator.publishHead(0);
    await coordinator.publishHead(9, secondLineage);
    await settled();
    clock.advance(3_600_000);
    await settled();
    assert.equal(follower.version, 1);
    assertSameVector(follower.parameters, held);
    assert.equal(coordinator.syncs.length, 1);
  });

  it('repeats its request after growing waits while nobody answers, and soon when the task is sent again', async () => {
    coordinator.answering = false;
    await follower.start();
    await settled();
    const times: number[] = [];
    for (let minute = 0, seen = 0; minute < 600; minute++) {
      clock.advance(1000);
      await settled();
      if (coordinator.syncs.length > seen) times.push(clock.now());
      seen = coordinator.syncs.length;
    }
    const pauses = times.slice(1).map((time, i) => time - times[i]!);
    assert.ok(times.length >= 5 && times.length <= 12, `asked ${times.length} times in ten minutes`);
    assert.ok(pauses[0]! < pauses[2]! && pauses.every((pause) => pause <= 151_000), `paused ${pauses}`);
    const before = coordinator.syncs.length;
    coordinator.answering = true;
    await coordinator.publishTask();
    await settled();
    clock.advance(1000);
    await until(() => follower.version === 0, 'a model');
    assert.equal(coordinator.syncs.length, before + 1);
  });

  it('learns after a reconnect what it missed', async () => {
    await join();
    transport.drop({ stay: true });
    await coordinator.publish(0.1);
    await coordinator.publish(0.2);
    transport.reconnect();
    await settled();
    clock.advance(1000);
    await until(() => follower.version === 2, 'version 2');
    assertSameVector(follower.parameters, coordinator.parameters);
  });

  it('drops its version if the coordinator has restarted from an older copy and counts on from there', async () => {
    await join();
    for (const change of [0.1, 0.2, 0.3]) await coordinator.publish(change);
    await until(() => follower.version === 3, 'version 3');
    const before = coordinator.syncs.length;
    coordinator.version = 0;
    coordinator.parameters = parametersOf(coordinator.task);
    coordinator.average = coordinator.parameters.slice();
    await coordinator.publish(-1);
    await settled();
    assert.equal(follower.version, 3, 'one head may be late');
    await coordinator.publish(-2);
    await settled();
    clock.advance(1_000);
    await until(() => follower.version === 2, 'version 2');
    assert.equal(coordinator.syncs.length, before + 1);
    assertSameVector(follower.parameters, coordinator.parameters);
    await coordinator.publish(5);
    await until(() => follower.version === 3, 'version 3');
    assertSameVector(follower.parameters, coordinator.parameters);
    assertSameVector(follower.average, coordinator.average);
  });

  it('starts again with a new lineage, and never mixes two', async () => {
    await join();
    await coordinator.publish(0.5);
    await until(() => follower.version === 1, 'version 1');
    coordinator.answering = false;
    const old = coordinator.advance(0.1);
    const wider = tinyTask({ labels: ['still', 'moving', 'falling'], model: { preset: 'mlp', size: 'S' } });
    await coordinator.restart(secondLineage, wider);
    await coordinator.session.send(old);
    await until(() => follower.lineage === secondLineage, 'the new lineage');
    assert.equal(follower.parameters, undefined);
    assert.equal(follower.version, -1);
    assert.equal(follower.modelKey, modelKey(wider));
    coordinator.answering = true;
    clock.advance(1000);
    await until(() => follower.version === 0, 'version 0');
    assertSameVector(follower.parameters, coordinator.parameters);
  });

  it('accepts new settings of the same model and keeps the model', async () => {
    await join();
    await coordinator.publish(0.1);
    await until(() => follower.version === 1, 'version 1');
    coordinator.task = tinyTask({ training: { ...task.training, epochs: 5 } });
    const told = follower.next('task');
    await coordinator.publishTask();
    assert.equal((await told).newLineage, false);
    assert.equal(follower.task?.training.epochs, 5);
    assert.equal(follower.version, 1);
    assert.ok(follower.parameters);
  });

  it('refuses a snapshot of another size', async () => {
    coordinator.parameters = new Float32Array(5);
    coordinator.average = new Float32Array(5);
    await follower.start();
    await settled();
    clock.advance(1000);
    await until(() => problems.length > 0, 'a problem');
    assert.match(problems[0]!.message, /5 and 5 parameters, expected 154/);
    assert.equal(follower.parameters, undefined);
  });

  it('refuses a patch that reaches beyond the model, and asks for a snapshot instead', async () => {
    await join();
    const { delta, ...patch } = coordinator.advance(0.1);
    const held = follower.parameters!.slice();
    const values = delta.values.slice(0, 3);
    coordinator.answering = false;
    const beyond = [{ offset: sizeOf(task) - 1, length: 3 }];
    await coordinator.session.send({ ...patch, segments: beyond, delta: { ...delta, values } });
    await until(() => problems.length > 0, 'a problem');
    assertSameVector(follower.parameters, held);
    clock.advance(1000);
    await settled();
    assert.equal(coordinator.syncs.length, 2);
  });

  it('keeps no patch that is larger than the model, also if it would have to wait for one before it', async () => {
    await join();
    const { delta: _, ...patch } = coordinator.advance(0.1);
    const length = sizeOf(task) + 1;
    coordinator.answering = false;
    await coordinator.session.send({
      ...patch,
      version: 9,
      segments: [{ offset: 0, length }],
      delta: { encoding: 'float32', values: new Float32Array(length) },
    });
    await until(() => problems.length > 0, 'a problem');
    assert.match(
      problems[0]!.message,
      /a patch has 155 values, expected at most 154 for the model of the task/,
    );
    assert.equal(follower.version, 0);
  });

  it('accepts messages that come as bytes in another way', async () => {
    await join();
    session.receive(Buffer.from(coordinator.session.encode(coordinator.advance(0.25))));
    assert.equal(follower.version, 1);
    assertSameVector(follower.parameters, coordinator.parameters);
  });

  it('receives nothing once it is stopped', async () => {
    await join();
    await follower.stop();
    await coordinator.publish(0.1);
    await settled();
    assert.equal(follower.version, 0);
    assert.ok(follower.parameters, 'the held version stays readable');
  });

  it('can be stopped before it was ever connected', async () => {
    const away = new MemoryTransport(new MemoryBroker(), { client: 'away' });
    const lonely = new ModelFollower({
      session: new TransportSession({
        transport: away,
        federation,
        id: 'away',
        clock,
        random: new SeededRandom(1),
      }),
      clock,
    });
    const starting = lonely.start();
    await lonely.stop();
    await away.close();
    await Promise.allSettled([starting]);
    assert.equal(lonely.task, undefined);
  });
});

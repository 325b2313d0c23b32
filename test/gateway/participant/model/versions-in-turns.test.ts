import assert from 'node:assert/strict';
import { ModelFollower, type VersionEvent } from '../../../../gateway/participant';
import { SeededRandom, VirtualClock, type YieldToEventLoop } from '../../../../gateway/platform';
import { TransportSession } from '../../../../gateway/session';
import { MemoryBroker, MemoryTransport } from '../../../../gateway/transport';
import {
  assertSameVector,
  federation,
  firstLineage,
  parametersOf,
  ScriptedCoordinator,
  secondLineage,
  settled,
  tinyTask,
  until,
} from '../tools';

const task = tinyTask();

/** Turns of the event loop that come at once until the gate is closed, and then one at a time. */
class Gate {
  closed = false;
  private waiting: (() => void)[] = [];

  readonly turn: YieldToEventLoop = () =>
    this.closed ? new Promise((resolve) => this.waiting.push(resolve)) : Promise.resolve();

  get held(): boolean {
    return this.waiting.length > 0;
  }

  async next(): Promise<void> {
    this.waiting.shift()?.();
    await settled();
  }

  open(): void {
    this.closed = false;
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}

describe('a model follower that works in several turns', () => {
  let clock: VirtualClock;
  let coordinator: ScriptedCoordinator;
  let follower: ModelFollower;
  let gate: Gate;
  let versions: VersionEvent[];

  beforeEach(async () => {
    clock = new VirtualClock();
    gate = new Gate();
    const broker = new MemoryBroker();
    coordinator = await new ScriptedCoordinator(broker, clock, task).start();
    const transport = new MemoryTransport(broker, { client: 'gw' });
    const session = new TransportSession({
      transport,
      federation,
      id: 'gw',
      clock,
      random: new SeededRandom(1),
    });
    follower = new ModelFollower({
      session,
      clock,
      random: new SeededRandom(2),
      yieldToEventLoop: gate.turn,
    });
    versions = [];
    follower.on('version', (event) => versions.push(event));
    transport.open();
    await follower.start();
    await settled();
    clock.advance(1000);
    await until(() => follower.version === 0, 'a model');
    versions = [];
    gate.closed = true;
  });
  afterEach(async () => {
    gate.open();
    await follower.stop();
    assert.equal(clock.nextDue, undefined, 'a timer was left running');
  });

  it('shows the whole old version until the last step of the next, then uses the messages that came meanwhile, and requests nothing', async () => {
    const [parameters, average] = [follower.parameters!, follower.average!];
    const [oldParameters, oldAverage] = [parameters.slice(), average.slice()];
    await coordinator.publish(0.1);
    await settled();
    await coordinator.publish(0.2);
    await settled();
    let turns = 0;
    while (gate.held) {
      assert.equal(follower.version, 0);
      assert.equal(follower.parameters, parameters);
      assert.equal(follower.average, average);
      assertSameVector(parameters, oldParameters);
      assertSameVector(average, oldAverage);
      assert.deepEqual(versions, []);
      clock.advance(1000);
      turns++;
      await gate.next();
    }
    assert.ok(turns > 3, `${turns} turns`);
    assert.deepEqual(versions, [{ lineage: firstLineage, version: 2, cause: 'patch' }]);
    assertSameVector(follower.parameters, coordinator.parameters);
    assertSameVector(follower.average, coordinator.average);
    assertSameVector(parameters, oldParameters);
    assert.equal(coordinator.syncs.length, 1);
  });

  it('uses a snapshot that comes while a patch is applied, when that is done', async () => {
    await coordinator.publish(0.1);
    await settled();
    await gate.next();
    coordinator.advance(0.2);
    coordinator.snapshot('gw');
    await settled();
    assert.equal(follower.version, 0);
    gate.open();
    await until(() => follower.version === 2, 'version 2');
    assert.deepEqual(
      versions.map(({ version, cause }) => ({ version, cause })),
      [
        { version: 1, cause: 'patch' },
        { version: 2, cause: 'snapshot' },
      ],
    );
    assertSameVector(follower.parameters, coordinator.parameters);
  });

  it('drops a half-made version with its lineage', async () => {
    await coordinator.publish(0.1);
    await settled();
    await gate.next();
    coordinator.answering = false;
    await coordinator.restart(secondLineage);
    await settled();
    gate.open();
    await settled();
    assert.equal(follower.lineage, secondLineage);
    assert.equal(follower.version, -1);
    assert.equal(follower.parameters, undefined);
    assert.deepEqual(versions, []);
    coordinator.answering = true;
    clock.advance(1000);
    await until(() => follower.version === 0, 'the new lineage');
    assertSameVector(follower.parameters, coordinator.parameters);
  });

  it('drops a half-made version if its base is invalid, and uses a snapshot in its place', async () => {
    await coordinator.publish(0.1);
    await settled();
    await gate.next();
    follower.invalidate();
    gate.open();
    await settled();
    assert.equal(follower.version, 0);
    assert.deepEqual(versions, []);
    clock.advance(1000);
    await until(() => follower.version === 1, 'version 1');
    assert.deepEqual(versions, [{ lineage: firstLineage, version: 1, cause: 'snapshot' }]);
    assertSameVector(follower.parameters, coordinator.parameters);
  });

  it('drops a half-made version when it is stopped', async () => {
    await coordinator.publish(0.1);
    await settled();
    await gate.next();
    await follower.stop();
    gate.open();
    await settled();
    assert.equal(follower.version, 0);
    assert.deepEqual(versions, []);
    assertSameVector(follower.parameters, parametersOf(task));
  });
});

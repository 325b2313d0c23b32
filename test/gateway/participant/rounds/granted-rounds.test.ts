import assert from 'node:assert/strict';
import { join } from 'node:path';
import { createEngine, InlineTrainer } from '../../../../gateway/engine';
import { VirtualClock } from '../../../../gateway/platform';
import { Predictor } from '../../../../gateway/prediction';
import { type Delivery, MemoryBroker } from '../../../../gateway/transport';
import {
  assertSameVector,
  type Gateway,
  gateway,
  parametersOf,
  ScriptedCoordinator,
  secondLineage,
  settled,
  sizeOf,
  temporaryFolder,
  tinySamples,
  tinyTask,
  until,
} from '../tools';

const task = tinyTask({ aggregation: { participation: { kind: 'granted' } } });
const id = (number: number) => number.toString(16).padStart(16, '0');
/** A catch-up that adds `value` to the first parameters. */
const catchUp = (value: number, length = 3) => ({
  segments: [{ offset: 0, length }],
  delta: { encoding: 'float32' as const, values: new Float32Array(length).fill(value) },
});

describe('a gateway whose rounds are granted', () => {
  let clock: VirtualClock;
  let broker: MemoryBroker;
  let coordinator: ScriptedCoordinator;
  let folder: { path: string; remove: () => Promise<void> };
  let made: Gateway;
  let begunFrom: Float32Array[];
  let received: Delivery[];

  beforeEach(async () => {
    clock = new VirtualClock();
    broker = new MemoryBroker();
    folder = await temporaryFolder();
    coordinator = await new ScriptedCoordinator(broker, clock, task).start();
    coordinator.verdict = () => ({ status: 'accepted' });
    const trainer = new InlineTrainer(createEngine(), clock);
    begunFrom = [];
    const load = trainer.setParameters.bind(trainer);
    trainer.setParameters = (flat) => {
      begunFrom.push(flat.slice());
      return load(flat);
    };
    const outboxFolder = join(folder.path, 'outbox');
    made = gateway({ broker, clock }, 'gw', {
      outboxFolder,
      trainer,
      trigger: { newWindows: 4, intervalMs: 0 },
    });
    received = [];
    const subscribe = made.transport.subscribe.bind(made.transport);
    made.transport.subscribe = (filter, handler) =>
      subscribe(filter, (delivery) => {
        received.push(delivery);
        handler(delivery);
      });
    made.transport.open();
    await made.follower.start();
    await made.participant.start();
    await settled();
  });
  afterEach(async () => {
    await made.leave();
    assert.equal(clock.nextDue, undefined, 'a timer was left running');
    await folder.remove();
  });

  function add(count: number): void {
    for (const sample of tinySamples(count)) made.participant.add(sample);
  }

  async function grantAndTrain(
    number: number,
    fields: Parameters<typeof coordinator.grant>[2],
  ): Promise<void> {
    const { rounds } = made.participant.status;
    await coordinator.grant('gw', id(number), fields);
    await until(() => made.participant.status.rounds === rounds + 1, 'a round');
    await until(() => made.participant.status.outbox === 0, 'an acknowledged update');
  }

  it('sends ready when a round is due and possible, and waits', async () => {
    add(3);
    await settled();
    assert.deepEqual(coordinator.readies, []);
    assert.equal(made.participant.status.phase, 'collecting');
    add(1);
    await settled();
    const [first, ...more] = coordinator.readies;
    assert.ok(first);
    const { ready, follows, lineage } = first;
    assert.deepEqual(
      { ready, follows, lineage },
      { ready: true, follows: false, lineage: coordinator.lineage },
    );
    assert.deepEqual(more, []);
    assert.equal(made.participant.status.phase, 'waiting-grant');
    assert.equal(made.participant.status.rounds, 0);
  });

  it('requests no model and receives no version while it waits', async () => {
    add(4);
    await settled();
    received.length = 0;
    for (let version = 0; version < 3; version++) await coordinator.publish(0.1);
    clock.advance(10_000);
    await settled();
    assert.deepEqual(received, []);
    assert.deepEqual(coordinator.syncs, []);
    assert.equal(made.follower.parameters, undefined);
  });

  it('trains from version 0 and the catch-up, and names the version', async () => {
    add(4);
    await settled();
    await grantAndTrain(1, { version: 17, catchUp: catchUp(0.5) });
    const wanted = parametersOf(task).map((value, i) => (i < 3 ? value + 0.5 : value));
    assertSameVector(begunFrom[0], wanted);
    assert.equal(coordinator.updates[0]?.baseVersion, 17);
    assert.equal(made.participant.status.version, 17);
    add(4);
    await settled();
    assert.equal(coordinator.readies.length, 2, 'the next round is requested when it is due');
    await grantAndTrain(2, { version: 40, catchUp: catchUp(-2) });
    assertSameVector(
      begunFrom[1],
      parametersOf(task).map((value, i) => (i < 3 ? value - 2 : value)),
    );
  });

  /** Requests the next round as soon as one has ended. */
  function alwaysDue(): void {
    let training = false;
    made.participant.on('status', ({ phase }) => {
      const ended = training && phase !== 'training';
      training = phase === 'training';
      if (ended) made.participant.trainNow();
    });
  }

  it('requests the next round with the update if it is due by then, and again alone after a while', async () => {
    alwaysDue();
    add(4);
    await settled();
    await grantAndTrain(1, { version: 17, catchUp: catchUp(0.5) });
    assert.deepEqual(coordinator.updates[0]?.next, { follows: false, anchorId: '' });
    assert.equal(coordinator.readies.length, 1, 'no message of its own');
    assert.equal(made.participant.status.phase, 'waiting-grant');
    // The update with the request may be lost with a coordinator.
    clock.advance(3_600_000);
    await settled();
    assert.ok(coordinator.readies.length > 1);
    assert.ok(coordinator.readies.every(({ ready }) => ready));
    await grantAndTrain(2, { version: 18, catchUp: catchUp(1) });
    assert.equal(coordinator.updates.length, 2);
  });

  it('sends the request alone if the coordinator could not read the update that it went with', async () => {
    alwaysDue();
    add(4);
    await settled();
    await grantAndTrain(1, { version: 17, catchUp: catchUp(0.5) });
    const verdicts = [
      { status: 'rejected', reason: 'unknown-plan' } as const,
      { status: 'accepted' } as const,
    ];
    coordinator.verdict = () => verdicts.shift() ?? { status: 'duplicate' };
    await grantAndTrain(2, { version: 18, catchUp: catchUp(0.5) });
    const [, first, again] = coordinator.updates;
    assert.equal(again?.id, first?.id);
    assert.deepEqual([first?.next !== undefined, again?.next], [true, undefined]);
    assert.equal(coordinator.readies.length, 2);
  });

  it('withdraws a request that has not gone yet, and sends the update without it', async () => {
    let training = false;
    made.participant.on('status', ({ phase }) => {
      const ended = training && phase !== 'training';
      training = phase === 'training';
      if (!ended) return;
      made.participant.trainNow();
      made.participant.pause();
    });
    add(4);
    await settled();
    await grantAndTrain(1, { version: 17, catchUp: catchUp(0.5) });
    assert.equal(coordinator.updates[0]?.next, undefined);
    assert.deepEqual(
      coordinator.readies.map(({ ready }) => ready),
      [true, false],
    );
  });

  it('waits for a base that is made in several turns, and requests no other grant meanwhile', async () => {
    add(4);
    await settled();
    const { follower, participant } = made;
    const make = follower.fromGrant.bind(follower);
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    follower.fromGrant = async (grant) => {
      await released;
      return make(grant);
    };
    await coordinator.grant('gw', id(1), { version: 17, catchUp: catchUp(0.5) });
    await settled();
    assert.equal(participant.status.phase, 'waiting-grant');
    participant.trainNow();
    clock.advance(3_600_000);
    await settled();
    assert.equal(coordinator.readies.length, 1);
    assert.equal(begunFrom.length, 0);
    release();
    await until(() => participant.status.rounds === 1, 'a round');
    const wanted = parametersOf(task).map((value, i) => (i < 3 ? value + 0.5 : value));
    assertSameVector(begunFrom[0], wanted);
    await until(() => coordinator.updates.length === 1, 'an update');
  });

  it('returns a grant whose base does not fit, and begins nothing once it is stopped', async () => {
    add(4);
    await settled();
    const failures: ((error: Error) => void)[] = [];
    made.follower.fromGrant = () => new Promise((_, reject) => failures.push(reject));
    await coordinator.grant('gw', id(1), { catchUp: catchUp(0.5) });
    await settled();
    failures[0]?.(new Error('does not fit'));
    await settled();
    assert.deepEqual(
      coordinator.readies.map(({ ready }) => ready),
      [true, false],
    );
    await coordinator.grant('gw', id(2), { catchUp: catchUp(0.5) });
    await settled();
    assert.equal(failures.length, 2);
    await made.participant.stop();
    failures[1]?.(new Error('too late'));
    await settled();
    assert.equal(coordinator.readies.at(-1)?.ready, false);
    assert.equal(begunFrom.length, 0);
  });

  it('ignores a grant that came twice, one that it did not request, and one of another lineage', async () => {
    await coordinator.grant('gw', id(1), { catchUp: catchUp(1) });
    add(4);
    await settled();
    await coordinator.grant('gw', id(2), { lineage: secondLineage, catchUp: catchUp(1) });
    await settled();
    assert.equal(begunFrom.length, 0);
    await grantAndTrain(3, { lineage: undefined, catchUp: catchUp(1) });
    assert.equal(coordinator.updates[0]?.lineage, coordinator.lineage, 'that of the task');
    add(4);
    await settled();
    await coordinator.grant('gw', id(3), { catchUp: catchUp(1) });
    await settled();
    assert.equal(begunFrom.length, 1);
    assert.equal(made.participant.status.phase, 'waiting-grant');
  });

  it('stores the anchor that it received, names it, and starts the next rounds from it', async () => {
    const anchor = 'a'.repeat(16);
    add(4);
    await settled();
    assert.equal(coordinator.readies[0]?.anchorId, '');
    const fromSeed = catchUp(0.5, sizeOf(task));
    await grantAndTrain(1, { catchUp: catchUp(1), anchor: { id: anchor, fromSeed } });
    const wanted = (value: number) =>
      parametersOf(task).map((seeded, i) => seeded + 0.5 + (i < 3 ? value : 0));
    begunFrom[0]?.forEach((value, i) => {
      assert.ok(Math.abs(value - (wanted(1)[i] as number)) < 1e-6);
    });
    add(4);
    await settled();
    assert.equal(coordinator.readies[1]?.anchorId, anchor);
    await grantAndTrain(2, { catchUp: catchUp(2), anchor: { id: anchor } });
    begunFrom[1]?.forEach((value, i) => {
      assert.ok(Math.abs(value - (wanted(2)[i] as number)) < 1e-6);
    });
    const problems: Error[] = [];
    made.participant.on('problem', (error) => problems.push(error));
    add(4);
    await settled();
    await coordinator.grant('gw', id(3), { catchUp: catchUp(2), anchor: { id: 'b'.repeat(16) } });
    await settled();
    assert.match(problems[0]?.message ?? '', /starts from anchor b{16}, which is not held/);
  });

  it('sends ready again at a reconnect, to a coordinator that comes back, and after a while', async () => {
    made.participant.trainNow();
    add(4);
    await settled();
    assert.equal(coordinator.readies.length, 1);
    made.transport.drop();
    made.transport.open();
    await settled();
    assert.equal(coordinator.readies.length, 2);
    await coordinator.claim('another');
    await settled();
    assert.equal(coordinator.readies.length, 3);
    clock.advance(20_000);
    await settled();
    assert.equal(coordinator.readies.length, 4);
    await coordinator.answer('gw', coordinator.readies.at(-1)?.id);
    await settled();
    clock.advance(3 * 60_000);
    await settled();
    assert.equal(coordinator.readies.length, 4, 'rarely once it was answered');
    clock.advance(5 * 60_000);
    await settled();
    assert.equal(coordinator.readies.length, 5);
    assert.equal(coordinator.readies.at(-1)?.id, undefined);
    await grantAndTrain(1, { catchUp: catchUp(1) });
    clock.advance(3 * 3_600_000);
    await settled();
    assert.equal(coordinator.readies.length, 5);
  });

  it('names the topic of ready if it is not answered although the coordinator answers a hello', async () => {
    const texts: string[] = [];
    made.participant.on('notice', ({ text }) => texts.push(text));
    made.participant.trainNow();
    add(4);
    for (let i = 0; i < 12; i++) {
      await settled();
      clock.advance(15_000);
    }
    await settled();
    const asked = coordinator.hellos.filter(({ answer }) => answer);
    assert.equal(asked.length, 1);
    assert.deepEqual(texts, []);
    await coordinator.answer('gw', asked[0]?.instance);
    await settled();
    assert.match(
      texts[0]!,
      /messages on ftte\/v1\/clinic\/gw\/gw\/ready were not answered .*may this user publish there\? Or the coordinator does not work: look at its status\.$/,
    );
    await grantAndTrain(1, { catchUp: catchUp(1) });
    assert.match(texts[1]!, /answers again/);
  });

  it('withdraws its request when it is paused, and repeats it when it resumes', async () => {
    add(4);
    await settled();
    made.participant.pause();
    await settled();
    assert.deepEqual(
      coordinator.readies.map(({ ready }) => ready),
      [true, false],
    );
    await coordinator.grant('gw', id(1), { catchUp: catchUp(1) });
    await settled();
    assert.equal(begunFrom.length, 0);
    made.participant.resume();
    await settled();
    assert.equal(coordinator.readies.at(-1)?.ready, true);
    await grantAndTrain(2, { catchUp: catchUp(1) });
  });

  it('reports a grant that reaches beyond the model, and does not request the next at once', async () => {
    const problems: Error[] = [];
    made.participant.on('problem', (error) => problems.push(error));
    add(4);
    await settled();
    await coordinator.grant('gw', id(1), { catchUp: catchUp(1, sizeOf(task) + 1) });
    await settled();
    assert.match(problems[0]?.message ?? '', /reaches parameter 155, expected at most the 154/);
    assert.deepEqual(
      coordinator.readies.map(({ ready }) => ready),
      [true, false],
      'its place is free for another gateway',
    );
    await grantAndTrain(2, { catchUp: catchUp(1) });
  });

  it('also requests a round on demand', async () => {
    assert.equal(made.participant.trainNow(), 'too-few-samples');
    for (const sample of tinySamples(3)) made.participant.add(sample);
    assert.equal(made.participant.trainNow(), 'too-few-samples');
    add(1);
    assert.equal(made.participant.trainNow(), 'asked');
    await settled();
    assert.equal(coordinator.readies.length, 1);
  });

  it('follows the patches while a predictor needs them, and then needs no catch-up', async () => {
    const predictor = new Predictor({
      follower: made.follower,
      trainer: new InlineTrainer(createEngine(), clock),
    });
    predictor.start();
    await settled();
    clock.advance(1000);
    await until(() => made.follower.version === 0, 'the model');
    await coordinator.publish(0.25);
    await until(() => made.follower.version === 1, 'a patch');
    add(4);
    await settled();
    assert.equal(coordinator.readies[0]?.follows, true);
    await grantAndTrain(1, { version: 1 });
    assertSameVector(begunFrom[0], coordinator.parameters);
    assert.equal(coordinator.updates[0]?.baseVersion, 1);
    await predictor.stop();
    await coordinator.publish(0.25);
    await settled();
    assert.equal(made.follower.parameters, undefined, 'it is not needed any more');
  });

  it('trains by its own trigger as soon as the task says so', async () => {
    add(4);
    await settled();
    coordinator.task = tinyTask();
    await coordinator.publishTask();
    await settled();
    clock.advance(1000);
    await until(() => made.follower.version === 0, 'the model');
    add(4);
    await until(() => made.participant.status.rounds >= 1, 'a round');
    await until(() => made.participant.status.outbox === 0, 'an acknowledged update');
  });
});

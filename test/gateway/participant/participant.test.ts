import assert from 'node:assert/strict';
import { createEngine, InlineTrainer } from '../../../gateway/engine';
import type { ParticipantStatus } from '../../../gateway/participant';
import { FtteError } from '../../../gateway/platform';
import { modelKey } from '../../../gateway/task';
import { decodeMessage } from '../../../gateway/wire';
import { decodeFields } from '../../../gateway/wire/message-fields';
import { refusal } from '../stream/tools';
import { notices, ParticipantHarness, problems, trainOnce } from './harness';
import { firstLineage, settled, sizeOf, tinySamples, tinyTask, until } from './tools';

const task = tinyTask();

describe('participant', () => {
  let harness: ParticipantHarness;
  beforeEach(async () => {
    harness = await ParticipantHarness.build();
  });
  afterEach(() => harness.remove());

  it('waits for a task, then for a model, then collects, and reports each phase', async () => {
    harness.coordinator.answering = false;
    const { participant, follower, transport } = harness.make();
    const phases: string[] = [participant.status.phase];
    participant.on('status', ({ phase }) => phases.push(phase));
    transport.open();
    await participant.start();
    await follower.start();
    await settled();
    harness.coordinator.answering = true;
    harness.clock.advance(60_000);
    await until(() => follower.version === 0, 'a model');
    await participant.stop();
    assert.deepEqual(
      phases.filter((phase, i) => phase !== phases[i - 1]),
      ['waiting-task', 'waiting-model', 'collecting', 'stopped'],
    );
  });

  it('sends a hello with its budget, and again for its task and after a reconnect', async () => {
    const { transport, participant } = await harness.ready({ budgetBytes: 54_321, software: 'test 1.0' });
    const hello = harness.coordinator.hellos.at(-1)!;
    assert.equal(hello.budgetBytes, 54_321);
    assert.equal(hello.software, 'test 1.0');
    assert.equal(hello.modelKey, modelKey(task));
    const before = harness.coordinator.hellos.length;
    transport.drop();
    await until(() => harness.coordinator.hellos.length === before + 1, 'a hello after the reconnect');
    participant.setBudget(65_432);
    await until(() => harness.coordinator.hellos.at(-1)!.budgetBytes === 65_432, 'a hello of the new budget');
    assert.equal(harness.coordinator.hellos.at(-1)!.instance, hello.instance);
  });

  it('trains on its samples and sends the change, with the figures that the coordinator needs for its weight', async () => {
    harness.coordinator.version = 5;
    const { participant } = await harness.ready();
    const report = await trainOnce(participant);
    await until(() => harness.coordinator.updates.length === 1, 'an update');
    const update = harness.coordinator.updates[0]!;
    assert.equal(update.lineage, firstLineage);
    assert.equal(update.baseVersion, 5);
    assert.equal(update.samples, 8);
    assert.equal(update.steps, 4);
    assert.equal(update.delta.values.length, sizeOf(task));
    assert.ok(update.delta.values.some((value) => value !== 0));
    assert.ok(report.lossAfter < report.lossBefore);
    assert.ok(update.variance > 0);
    assert.ok(report.peakBytes > 0 && report.peakBytes <= 1024 * 1024);
    assert.equal(report.round, 1);
    assert.equal(report.trainedShare, 1);
    assert.equal(update.peakBytes, undefined, 'the memory of a round stays at the gateway');
    assert.ok(Math.abs(report.gradientVariance / update.variance - 1) < 0.001);
    assert.equal(report.budgetBytes, 1024 * 1024);
  });

  it('emits the update as bytes, of the length that it reports, for users with another transport', async () => {
    const { participant } = await harness.ready();
    const bytes = participant.next('update');
    const report = await trainOnce(participant);
    const message = await bytes;
    assert.equal(message.length, report.updateBytes);
    const body = decodeMessage(message);
    assert.ok(body.type === 'update' && body.sender === 'gw' && body.lineage === firstLineage);
  });

  it('computes the same update bit for bit from the same seed and samples', async () => {
    const first = await harness.ready();
    await trainOnce(first.participant);
    await until(() => harness.coordinator.updates.length === 1, 'an update');
    await first.leave();
    const second = await harness.ready();
    await trainOnce(second.participant);
    await until(() => harness.coordinator.updates.length === 2, 'another update');
    assert.deepEqual(harness.coordinator.updates[1]!.delta, harness.coordinator.updates[0]!.delta);
  });

  it('trains each round from the version that it holds then', async () => {
    const { participant, follower } = await harness.ready();
    await trainOnce(participant);
    await harness.coordinator.publish(0.1);
    await until(() => follower.version === 1, 'version 1');
    await until(() => participant.status.phase === 'collecting', 'the end of the round');
    await trainOnce(participant);
    await until(() => harness.coordinator.updates.length === 2, 'two updates');
    assert.deepEqual(
      harness.coordinator.updates.map(({ baseVersion }) => baseVersion),
      [0, 1],
    );
  });

  it('refuses samples that do not fit, and does not change its store', async () => {
    const { participant } = await harness.ready();
    const [good] = tinySamples(1);
    const cases: [string, Float32Array, number | undefined][] = [
      ['window-shape', new Float32Array(12), 0],
      ['window-shape', new Float32Array(0), 0],
      ['window-not-finite', good!.window.map((value, i) => (i === 7 ? Number.NaN : value)), 0],
      ['not-labelled', good!.window, undefined],
      ['label-unknown', good!.window, 5],
    ];
    const before = participant.store.all();
    for (const [code, window, label] of cases) {
      assert.throws(() => participant.add({ window, label }), refusal(code));
    }
    assert.deepEqual(participant.store.all(), before);
    assert.equal(participant.status.samples, 8);
    assert.equal(participant.status.refusedWindows, cases.length);
  });

  it('accepts no samples before there is a task', () => {
    const { participant } = harness.make();
    assert.throws(() => participant.add(tinySamples(1)[0]!), refusal('not-ready', 'no task'));
  });

  it('deletes its samples on request', async () => {
    const { participant } = await harness.ready();
    await participant.forget();
    assert.equal(participant.status.samples, 0);
    assert.equal(participant.trainNow(), 'too-few-samples');
  });

  it('reports its status when something in it has changed, and only then', async () => {
    const { participant } = await harness.ready();
    const states: ParticipantStatus[] = [];
    participant.on('status', (state) => states.push(state));
    participant.pause();
    participant.pause();
    participant.resume();
    assert.deepEqual(
      states.map(({ phase }) => phase),
      ['paused', 'collecting'],
    );
    await trainOnce(participant);
    await until(() => participant.status.outbox === 0, 'the acknowledgement');
    const texts = states.map((state) => JSON.stringify(state));
    assert.ok(texts.every((text, i) => text !== texts[i - 1]));
  });

  it('continues after a crash of the engine: the round is lost, and the next one works', async () => {
    class Crashing extends InlineTrainer {
      crash = true;
      override train(...args: Parameters<InlineTrainer['train']>): ReturnType<InlineTrainer['train']> {
        if (!this.crash) return super.train(...args);
        this.crash = false;
        return Promise.reject(new FtteError('engine-crashed', 'the training thread stopped: out of memory'));
      }
    }
    const { participant } = await harness.ready({ trainer: new Crashing(createEngine(), harness.clock) });
    const received = notices(participant);
    participant.trainNow();
    await until(() => participant.status.phase === 'collecting', 'the end of the round');
    assert.deepEqual(
      received.map(({ code }) => code),
      ['engine-restarted'],
    );
    await trainOnce(participant);
    await until(() => harness.coordinator.updates.length === 1, 'an update');
  });

  it('sends no update of a round whose numbers are not finite, and reports what may help', async () => {
    harness.coordinator.parameters.fill(3e38);
    const { participant } = await harness.ready();
    const received = problems(participant);
    participant.trainNow();
    await until(() => participant.status.phase === 'collecting', 'the end of the round');
    assert.match(received[0]!.message, /not finite.*learningRate/);
    await settled();
    assert.equal(harness.coordinator.updates.length, 0);
    assert.deepEqual(await harness.outboxFiles(), []);
  });

  it('names numbers that are not finite as the reason, if only the variance is one', async () => {
    class Variance extends InlineTrainer {
      override async train(...args: Parameters<InlineTrainer['train']>) {
        return { ...(await super.train(...args)), gradientVariance: Number.POSITIVE_INFINITY };
      }
    }
    const { participant } = await harness.ready({ trainer: new Variance(createEngine(), harness.clock) });
    const received = problems(participant);
    participant.trainNow();
    await until(() => received.length > 0, 'a problem');
    assert.match(received[0]!.message, /gave numbers that are not finite .* is not sent/);
    assert.equal(participant.status.outbox, 0);
  });

  it('accepts acknowledgements that come as bytes in another way', async () => {
    harness.coordinator.verdict = undefined;
    const { participant, session } = await harness.ready();
    await trainOnce(participant);
    await until(() => harness.coordinator.updates.length === 1, 'an update');
    const ack = {
      type: 'ack',
      id: harness.coordinator.updates[0]!.id,
      status: 'accepted',
      version: 0,
    } as const;
    session.receive(harness.coordinator.session.encode(ack));
    await until(() => participant.status.outbox === 0, 'an empty outbox');
  });

  it('starts and stops without any connection', async () => {
    const { participant } = harness.make();
    await participant.start();
    assert.equal(participant.status.phase, 'waiting-task');
    assert.equal(participant.status.online, false);
    await participant.stop();
    assert.equal(participant.status.phase, 'stopped');
  });

  it('sends no value of any window: no run of two numbers of a window is in any payload', async () => {
    const { participant } = await harness.ready();
    for (let round = 1; round <= 3; round++) {
      await trainOnce(participant);
      await until(() => participant.status.phase === 'collecting', 'the end of the round');
      await harness.coordinator.publish(0.01);
    }
    await until(() => harness.coordinator.updates.length === 3, 'three updates');
    const types = new Set(harness.packets.map(({ payload }) => decodeFields(payload)['type']));
    assert.deepEqual([...types].sort(), [
      'ack',
      'head',
      'hello',
      'patch',
      'snapshot',
      'sync',
      'task',
      'update',
    ]);
    const sent = Buffer.concat(harness.packets.map(({ payload }) => payload));
    const { count, x } = participant.store.all();
    assert.equal(count, 8);
    for (const wide of [Float32Array, Float64Array]) {
      for (let i = 0; i + 1 < x.length; i++) {
        const run = wide.from(x.subarray(i, i + 2));
        const bytes = Buffer.from(run.buffer);
        assert.ok(!sent.includes(bytes), `values ${run} of a window were sent`);
        assert.ok(!sent.includes(bytes.swap32()), `values ${run} of a window were sent, big-endian`);
      }
    }
    // The search works: it finds the parameters of the snapshot.
    assert.ok(
      sent.includes(
        Buffer.from(Float32Array.from(harness.coordinator.updates[0]!.delta.values.slice(0, 2)).buffer),
      ),
    );
  });
});

import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createEngine, InlineTrainer } from '../../../gateway/engine';
import {
  choosePlan,
  type Notice,
  type Participant,
  type ParticipantState,
  type RoundReport,
} from '../../../gateway/participant';
import { FtteError, VirtualClock } from '../../../gateway/platform';
import { denseMemory } from '../../../gateway/selection';
import { modelKey, parameterLayout, planSegments, segmentsSize, taskModel } from '../../../gateway/task';
import { type Delivery, MemoryBroker, MemoryTransport } from '../../../gateway/transport';
import { decodeMessage } from '../../../gateway/wire';
import { refusal } from '../stream/tools';
import {
  firstLineage,
  type Gateway,
  gateway,
  ScriptedCoordinator,
  secondLineage,
  settled,
  sizeOf,
  temporaryFolder,
  tinySamples,
  tinyTask,
  until,
} from './tools';

const task = tinyTask();

describe('participant', () => {
  let clock: VirtualClock;
  let broker: MemoryBroker;
  let boss: ScriptedCoordinator;
  let folder: { path: string; remove: () => Promise<void> };
  let gateways: Gateway[];
  let packets: Delivery[];
  let spy: MemoryTransport;

  beforeEach(async () => {
    clock = new VirtualClock();
    broker = new MemoryBroker();
    folder = await temporaryFolder();
    gateways = [];
    packets = [];
    spy = new MemoryTransport(broker, { client: 'spy' });
    spy.open();
    await spy.subscribe('#', (delivery) => packets.push(delivery));
    boss = await new ScriptedCoordinator(broker, clock, task).start();
    boss.verdict = () => ({ status: 'accepted' });
  });
  afterEach(async () => {
    for (const made of gateways) await made.leave();
    assert.equal(clock.nextDue, undefined, 'a timer was left running');
    await folder.remove();
  });

  function make(options: Partial<Parameters<typeof gateway>[2]> = {}): Gateway {
    const made = gateway({ broker, clock }, 'gw', { outboxFolder: join(folder.path, 'outbox'), ...options });
    gateways.push(made);
    return made;
  }

  /** A gateway with a model and eight samples. */
  async function ready(options: Partial<Parameters<typeof gateway>[2]> = {}): Promise<Gateway> {
    const made = make(options);
    await made.join();
    for (const sample of tinySamples(8)) made.participant.add(sample);
    return made;
  }

  async function trainOnce(participant: Participant): Promise<RoundReport> {
    const round = participant.next('round');
    assert.equal(participant.trainNow(), 'started');
    return round;
  }

  const outboxFiles = () => readdir(join(folder.path, 'outbox'));
  /** Resolves when nothing waits any more, and nothing is left on disk. */
  async function outboxEmpties(participant: Participant): Promise<void> {
    await until(() => participant.state.outbox === 0, 'an empty outbox');
    let files = await outboxFiles();
    while (files.length > 0) files = await outboxFiles();
  }
  function notices(participant: Participant): Notice[] {
    const heard: Notice[] = [];
    participant.on('notice', (notice) => heard.push(notice));
    return heard;
  }
  function problems(participant: Participant): Error[] {
    const heard: Error[] = [];
    participant.on('problem', (error) => heard.push(error));
    return heard;
  }

  it('waits for a task, then for a model, then collects, and says so', async () => {
    boss.answering = false;
    const { participant, follower, transport } = make();
    const phases: string[] = [participant.state.phase];
    participant.on('state', ({ phase }) => phases.push(phase));
    transport.open();
    await participant.start();
    await follower.start();
    await settled();
    boss.answering = true;
    clock.advance(60_000);
    await until(() => follower.version === 0, 'a model');
    await participant.stop();
    assert.deepEqual(
      phases.filter((phase, i) => phase !== phases[i - 1]),
      ['waiting-task', 'waiting-model', 'collecting', 'stopped'],
    );
  });

  it('introduces itself with its budget, and again for the task it works on and after a reconnect', async () => {
    const { transport, participant } = await ready({ budgetBytes: 54_321, software: 'test 1.0' });
    const hello = boss.hellos.at(-1)!;
    assert.equal(hello.budgetBytes, 54_321);
    assert.equal(hello.software, 'test 1.0');
    assert.equal(hello.modelKey, modelKey(task));
    const before = boss.hellos.length;
    transport.drop();
    await until(() => boss.hellos.length === before + 1, 'a hello after the reconnect');
    participant.setBudget(65_432);
    await until(() => boss.hellos.at(-1)!.budgetBytes === 65_432, 'a hello of the new budget');
    assert.equal(boss.hellos.at(-1)!.instance, hello.instance);
  });

  it('trains on what it was given and sends what changed, with what the coordinator needs to weigh it', async () => {
    boss.version = 5;
    const { participant } = await ready();
    const report = await trainOnce(participant);
    await until(() => boss.updates.length === 1, 'an update');
    const update = boss.updates[0]!;
    assert.equal(update.lineage, firstLineage);
    assert.equal(update.baseVersion, 5);
    assert.equal(update.samples, 8);
    assert.equal(update.steps, 4);
    assert.equal(update.delta.values.length, sizeOf(task));
    assert.ok(update.delta.values.some((value) => value !== 0));
    assert.ok(update.lossAfter < update.lossBefore);
    assert.ok(update.variance > 0);
    assert.ok(update.peakBytes > 0 && update.peakBytes <= 1024 * 1024);
    assert.equal(report.round, 1);
    assert.equal(report.trainedShare, 1);
    assert.equal(report.lossAfter, update.lossAfter);
    assert.equal(report.gradientVariance, update.variance);
    assert.equal(report.budgetBytes, 1024 * 1024);
  });

  it('gives the update as bytes, of the length it reports, to those with a transport of their own', async () => {
    const { participant } = await ready();
    const bytes = participant.next('update');
    const report = await trainOnce(participant);
    const message = await bytes;
    assert.equal(message.length, report.updateBytes);
    const body = decodeMessage(message);
    assert.ok(body.type === 'update' && body.sender === 'gw' && body.lineage === firstLineage);
  });

  it('comes to the same update to the bit from the same seed and samples', async () => {
    const first = await ready();
    await trainOnce(first.participant);
    await until(() => boss.updates.length === 1, 'an update');
    await first.leave();
    const second = await ready();
    await trainOnce(second.participant);
    await until(() => boss.updates.length === 2, 'another update');
    assert.deepEqual(boss.updates[1]!.delta, boss.updates[0]!.delta);
  });

  describe('begins a round', () => {
    it('after so many new windows, and counts anew', async () => {
      const { participant } = await ready({ trigger: { newWindows: 6, intervalMs: 0 } });
      await until(() => boss.updates.length === 1, 'a round after six windows');
      await until(() => participant.state.phase === 'collecting', 'its end');
      for (const sample of tinySamples(3, 2)) participant.add(sample);
      await settled();
      assert.equal(participant.state.rounds, 1);
      participant.add(tinySamples(1, 3)[0]!);
      await until(() => boss.updates.length === 2, 'the second round: two windows had come before');
    });

    it('so long after the last one', async () => {
      const { participant } = await ready({ trigger: { newWindows: 0, intervalMs: 60_000 } });
      clock.advance(58_000);
      await settled();
      assert.equal(participant.state.rounds, 0);
      clock.advance(2_000);
      await until(() => participant.state.rounds === 1, 'a round');
      clock.advance(59_000);
      await settled();
      assert.equal(participant.state.rounds, 1);
      clock.advance(1_000);
      await until(() => participant.state.rounds === 2, 'another round');
    });

    it('once there are enough samples and a model, when it was due before', async () => {
      boss.answering = false;
      const { participant, follower, transport } = make({ trigger: { newWindows: 2, intervalMs: 0 } });
      transport.open();
      await participant.start();
      await follower.start();
      await settled();
      for (const sample of tinySamples(8)) participant.add(sample);
      assert.equal(participant.trainNow(), 'not-ready');
      boss.answering = true;
      clock.advance(60_000);
      await until(() => participant.state.rounds === 1, 'a round');
    });

    it('only with the minimum of samples, or a full store that can never have it', async () => {
      const { participant } = make();
      await gateways[0]!.join();
      for (const sample of tinySamples(3)) participant.add(sample);
      assert.equal(participant.trainNow(), 'too-few-samples');
      participant.add(tinySamples(4)[3]!);
      await trainOnce(participant);

      const small = gateway({ broker, clock }, 'small', {
        outboxFolder: join(folder.path, 'small'),
        storeCapacity: 2,
      });
      gateways.push(small);
      await small.join();
      for (const sample of tinySamples(6)) small.participant.add(sample);
      assert.equal((await trainOnce(small.participant)).samples, 2);
    });

    it('never while one runs: that one is left out, counted and told', async () => {
      const { participant } = await ready({ trigger: { newWindows: 9, intervalMs: 0 } });
      const heard = notices(participant);
      participant.add(tinySamples(1, 2)[0]!);
      assert.equal(participant.state.phase, 'training');
      assert.equal(participant.trainNow(), 'busy');
      for (const sample of tinySamples(9, 3)) participant.add(sample);
      await until(() => participant.state.rounds === 1, 'the one round');
      await settled();
      assert.equal(participant.state.rounds, 1);
      assert.equal(participant.state.skippedRounds, 2);
      assert.deepEqual(
        heard.map(({ kind }) => kind),
        ['round-skipped', 'round-skipped'],
      );
    });

    it('not while paused, and then if one is due', async () => {
      const { participant } = await ready({ trigger: { newWindows: 9, intervalMs: 0 } });
      participant.pause();
      assert.equal(participant.state.phase, 'paused');
      participant.add(tinySamples(1, 2)[0]!);
      assert.equal(participant.trainNow(), 'paused');
      assert.equal(participant.state.rounds, 0);
      participant.resume();
      await until(() => participant.state.rounds === 1, 'a round');
    });
  });

  it('trains each round from the version it then holds', async () => {
    const { participant, follower } = await ready();
    await trainOnce(participant);
    await boss.publish(0.1);
    await until(() => follower.version === 1, 'version 1');
    await until(() => participant.state.phase === 'collecting', 'the end of the round');
    await trainOnce(participant);
    await until(() => boss.updates.length === 2, 'two updates');
    assert.deepEqual(
      boss.updates.map(({ baseVersion }) => baseVersion),
      [0, 1],
    );
  });

  it('refuses samples that do not fit, and its store is untouched', async () => {
    const { participant } = await ready();
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
    assert.equal(participant.state.samples, 8);
    assert.equal(participant.state.refusedWindows, cases.length);
  });

  it('takes no samples before there is a task', () => {
    const { participant } = make();
    assert.throws(() => participant.add(tinySamples(1)[0]!), refusal('not-ready', 'no task'));
  });

  it('forgets its samples when asked to', async () => {
    const { participant } = await ready();
    await participant.forget();
    assert.equal(participant.state.samples, 0);
    assert.equal(participant.trainNow(), 'too-few-samples');
  });

  it('tells its state when something in it has changed, and only then', async () => {
    const { participant } = await ready();
    const states: ParticipantState[] = [];
    participant.on('state', (state) => states.push(state));
    participant.pause();
    participant.pause();
    participant.resume();
    assert.deepEqual(
      states.map(({ phase }) => phase),
      ['paused', 'collecting'],
    );
    await trainOnce(participant);
    await until(() => participant.state.outbox === 0, 'the acknowledgement');
    const texts = states.map((state) => JSON.stringify(state));
    assert.ok(texts.every((text, i) => text !== texts[i - 1]));
  });

  describe('inside its budget', () => {
    const model = taskModel(task);
    const { optimiser, batchSize } = task.training;
    const dense = denseMemory(model, optimiser, batchSize).peakBytes;

    it('trains part of the model where the whole does not fit', async () => {
      const { participant } = await ready({ budgetBytes: Math.floor(dense * 0.7) });
      const report = await trainOnce(participant);
      assert.ok(report.peakBytes <= report.budgetBytes);
      assert.ok(report.trainedShare < 1);
      await until(() => boss.updates.length === 1, 'an update');
      const { plan, delta } = boss.updates[0]!;
      assert.equal(delta.values.length, segmentsSize(planSegments(parameterLayout(model), plan)));
    });

    it('trains another part from each version where the task says so, the same one from the same version', async () => {
      const dynamic = tinyTask({ selection: { strategy: 'dynamic' } });
      await boss.restart(secondLineage, dynamic);
      const budgetBytes = Math.floor(dense * 0.7);
      const { participant, follower } = await ready({ budgetBytes });
      for (const [i, version] of [0, 0, 1, 2].entries()) {
        while (boss.version < version) await boss.publish(0.01);
        await until(() => follower.version === version, `version ${version}`);
        await trainOnce(participant);
        await until(() => boss.updates.length > i, 'an update');
      }
      const plans = boss.updates.map(({ plan }) => plan);
      assert.deepEqual(plans[1], plans[0]);
      assert.notDeepEqual(plans[2], plans[0]);
      assert.notDeepEqual(plans[3], plans[2]);
      for (const [i, version] of [0, 0, 1, 2].entries()) {
        assert.deepEqual(plans[i], choosePlan(dynamic, model, budgetBytes, version).plan);
      }
      assert.ok(boss.updates.every(({ peakBytes }) => peakBytes <= budgetBytes));
    });

    it('refuses where nothing fits, says what would, and mends when the budget grows', async () => {
      const { participant } = make({ budgetBytes: 100 });
      const heard = problems(participant);
      await gateways[0]!.join();
      for (const sample of tinySamples(8)) participant.add(sample);
      assert.equal(participant.state.phase, 'refused');
      assert.match(participant.state.problem ?? '', /budget.*100/i);
      assert.equal((heard[0] as FtteError).code, 'budget-too-small');
      assert.equal(participant.trainNow(), 'not-ready');
      participant.setBudget(dense);
      assert.equal(participant.state.phase, 'collecting');
      assert.equal(participant.state.problem, undefined);
      await trainOnce(participant);
    });

    it('refuses, and mends when a smaller task comes', async () => {
      const { participant, follower } = make({ budgetBytes: dense });
      await boss.restart(
        firstLineage,
        tinyTask({ model: { preset: 'mlp', size: 'L' }, selection: { strategy: 'dense' } }),
      );
      await gateways[0]!.join();
      assert.equal(participant.state.phase, 'refused');
      await boss.restart(secondLineage, task);
      await settled();
      clock.advance(1000);
      await until(() => !!follower.parameters, 'the new model');
      assert.equal(participant.state.phase, 'collecting');
    });
  });

  describe('delivery', () => {
    it('keeps an update on disk until it is acknowledged', async () => {
      boss.verdict = undefined;
      const { participant } = await ready();
      await trainOnce(participant);
      await until(() => boss.updates.length === 1, 'an update');
      assert.equal((await outboxFiles()).length, 1);
      assert.equal(participant.state.outbox, 1);
      boss.acknowledge(boss.updates[0]!, { status: 'accepted' });
      await outboxEmpties(participant);
    });

    it('sends an update again after a restart of the process before the acknowledgement', async () => {
      boss.verdict = undefined;
      const before = await ready();
      await trainOnce(before.participant);
      await until(() => boss.updates.length === 1, 'an update');
      await before.leave();
      boss.verdict = () => ({ status: 'duplicate' });
      const after = make();
      await after.join();
      await outboxEmpties(after.participant);
      assert.equal(boss.updates.length, 2);
      assert.equal(boss.updates[1]!.id, boss.updates[0]!.id);
      assert.deepEqual(boss.updates[1]!.delta, boss.updates[0]!.delta);
    });

    it('sends nothing again after the acknowledgement, whatever happens', async () => {
      const { participant, transport } = await ready();
      await boss.claim('one');
      await trainOnce(participant);
      await until(() => participant.state.outbox === 0, 'the acknowledgement');
      transport.drop();
      await boss.claim('two');
      clock.advance(3_600_000);
      await settled();
      await participant.stop();
      const again = make();
      await again.join();
      await settled();
      assert.equal(boss.updates.length, 1);
    });

    it('collects updates while offline and sends them in order on reconnect, each once', async () => {
      const { participant, transport } = await ready();
      transport.drop({ stay: true });
      for (let round = 1; round <= 3; round++) {
        await trainOnce(participant);
        await until(() => participant.state.phase === 'collecting', 'the end of the round');
      }
      assert.equal(participant.state.outbox, 3);
      assert.equal(participant.state.online, false);
      const kept = (await outboxFiles()).sort();
      transport.reconnect();
      await until(() => participant.state.outbox === 0, 'all acknowledged');
      assert.equal(boss.updates.length, 3);
      for (const [i, { id }] of boss.updates.entries()) assert.ok(kept[i]!.includes(id));
    });

    it('sends again after a while when nobody acknowledges, and when another coordinator comes', async () => {
      boss.verdict = undefined;
      await boss.claim('one');
      const { participant } = await ready();
      await trainOnce(participant);
      await until(() => boss.updates.length === 1, 'an update');
      clock.advance(20_000);
      await settled();
      assert.equal(boss.updates.length, 1);
      clock.advance(30_000);
      await until(() => boss.updates.length === 2, 'the update again');
      boss.verdict = () => ({ status: 'accepted' });
      await boss.claim('two');
      await until(() => participant.state.outbox === 0, 'the acknowledgement');
      assert.equal(boss.updates.length, 3);
      assert.equal(new Set(boss.updates.map(({ id }) => id)).size, 1);
    });

    it('sends again when the coordinator is back at the broker, which took what nobody heard', async () => {
      boss.verdict = undefined;
      await boss.claim('one');
      const { participant } = await ready();
      await trainOnce(participant);
      await until(() => boss.updates.length === 1, 'an update');
      boss.verdict = () => ({ status: 'accepted' });
      await boss.claim('one');
      await until(() => participant.state.outbox === 0, 'the acknowledgement');
      assert.equal(boss.updates.length, 2);
    });

    it('has no more under way than the coordinator knows again, and brings the rest as they are answered', async () => {
      boss.verdict = undefined;
      const { participant, transport } = await ready();
      transport.drop({ stay: true });
      for (let round = 1; round <= 40; round++) {
        await trainOnce(participant);
        await until(() => participant.state.phase === 'collecting', 'the end of the round');
      }
      transport.reconnect();
      await until(() => boss.updates.length === 32, 'as many as may be under way');
      await settled();
      assert.equal(boss.updates.length, 32);
      boss.verdict = () => ({ status: 'accepted' });
      for (const update of [...boss.updates]) boss.acknowledge(update, { status: 'accepted' });
      await until(() => participant.state.outbox === 0, 'all acknowledged');
      assert.equal(boss.updates.length, 40);
      assert.equal(new Set(boss.updates.map(({ id }) => id)).size, 40);
    });

    it('introduces itself and sends again where the coordinator does not know it', async () => {
      let unknown = 2;
      boss.verdict = () =>
        unknown-- > 0 ? { status: 'rejected', reason: 'unknown-sender' } : { status: 'accepted' };
      const { participant } = await ready();
      const heard = notices(participant);
      const hellos = boss.hellos.length;
      await trainOnce(participant);
      await until(() => boss.hellos.length === hellos + 1, 'a hello');
      clock.advance(1500);
      await until(() => boss.hellos.length === hellos + 2, 'another hello');
      clock.advance(3000);
      await until(() => participant.state.outbox === 0, 'the acknowledgement');
      assert.equal(boss.updates.length, 3);
      assert.equal(boss.hellos.length, hellos + 2);
      assert.deepEqual(heard, []);
    });

    it('gives up an update that is refused, and says why', async () => {
      boss.verdict = () => ({ status: 'rejected', reason: 'norm-exceeded', detail: 'norm 12, at most 10' });
      const { participant } = await ready();
      const heard = notices(participant);
      await trainOnce(participant);
      await until(() => heard.length > 0, 'a notice');
      assert.equal(participant.state.outbox, 0);
      assert.equal(heard[0]?.kind, 'update-rejected');
      assert.equal(heard[0]?.reason, 'norm-exceeded');
      assert.match(heard[0]!.text, /norm 12, at most 10/);
      clock.advance(3_600_000);
      await settled();
      assert.equal(boss.updates.length, 1);
    });

    it('goes on training where the disk does not take updates, and says so', async () => {
      await writeFile(join(folder.path, 'outbox'), 'a file where a folder should be');
      const { participant } = make();
      const heard = problems(participant);
      await gateways[0]!.join();
      for (const sample of tinySamples(8)) participant.add(sample);
      await trainOnce(participant);
      await until(
        () => boss.updates.length === 1 && participant.state.outbox === 0,
        'an acknowledged update',
      );
      assert.ok(heard.length > 0 && heard.every((error) => (error as FtteError).code === 'storage'));
    });

    it('tells when a full outbox gives up its oldest update', async () => {
      boss.verdict = undefined;
      const { participant } = await ready({ outboxLimits: { maxCount: 1 } });
      const heard = notices(participant);
      await trainOnce(participant);
      await until(() => participant.state.phase === 'collecting', 'the end of the round');
      await trainOnce(participant);
      assert.deepEqual(
        heard.map(({ kind }) => kind),
        ['update-expired'],
      );
      assert.equal(participant.state.outbox, 1);
    });
  });

  describe('when the model starts anew', () => {
    it('drops samples that no longer fit and updates of the old lineage, and tells', async () => {
      boss.verdict = undefined;
      const { participant, follower } = await ready();
      await trainOnce(participant);
      await until(() => boss.updates.length === 1, 'an update');
      const heard = notices(participant);
      await boss.restart(secondLineage, tinyTask({ labels: ['still', 'falling'] }));
      await until(() => follower.lineage === secondLineage, 'the new lineage');
      await until(() => heard.length === 3, 'three notices');
      assert.deepEqual(participant.store.counts, { still: 4 });
      assert.deepEqual(heard.map(({ kind }) => kind).sort(), [
        'lineage-changed',
        'samples-dropped',
        'update-expired',
      ]);
      assert.deepEqual(await outboxFiles(), []);
      clock.advance(3_600_000);
      await settled();
      assert.equal(boss.updates.length, 1);
    });

    it('drops the round that runs on the old lineage', async () => {
      let finish = () => {};
      class Slow extends InlineTrainer {
        override async train(
          ...args: Parameters<InlineTrainer['train']>
        ): ReturnType<InlineTrainer['train']> {
          const result = await super.train(...args);
          await new Promise<void>((resolve) => {
            finish = resolve;
          });
          return result;
        }
      }
      const { participant, follower } = await ready({ trainer: new Slow(createEngine(), clock) });
      const heard = notices(participant);
      assert.equal(participant.trainNow(), 'started');
      const task = follower.next('task');
      await boss.restart(secondLineage);
      await task;
      await settled();
      assert.equal(participant.state.phase, 'training');
      finish();
      await until(() => participant.state.phase === 'waiting-model', 'the end of the round');
      assert.equal(participant.state.rounds, 0);
      assert.ok(heard.some(({ kind, text }) => kind === 'round-skipped' && text.includes(firstLineage)));
      clock.advance(1000);
      await until(() => !!follower.parameters, 'the new model');
      assert.equal(participant.trainNow(), 'started');
      await settled();
      finish();
      await until(() => boss.updates.length === 1, 'an update');
      assert.equal(boss.updates[0]!.lineage, secondLineage);
    });

    it('gives up at the start what an earlier process left of another lineage', async () => {
      boss.verdict = undefined;
      const before = await ready();
      await trainOnce(before.participant);
      await until(() => boss.updates.length === 1, 'an update');
      await before.leave();
      await boss.restart(secondLineage);
      const after = make();
      const heard = notices(after.participant);
      await after.join();
      await until(() => heard.length === 1, 'a notice');
      assert.equal(heard[0]?.kind, 'update-expired');
      await outboxEmpties(after.participant);
      assert.equal(boss.updates.length, 1);
    });
  });

  describe('samples', () => {
    it('survive a deploy: the next participant takes the store', async () => {
      const before = await ready();
      await before.participant.stop();
      const after = make({ store: before.participant.store });
      await after.join();
      assert.equal(after.participant.state.samples, 8);
    });

    it('survive a restart of the process where the user asks for it, and never touch the disk otherwise', async () => {
      const storeFile = join(folder.path, 'samples.bin');
      const before = await ready({ storeFile });
      const kept = before.participant.store.all();
      await before.leave();
      const after = make({ storeFile });
      await after.join();
      assert.deepEqual(after.participant.store.all(), kept);
      await after.participant.forget();
      assert.ok(!(await readdir(folder.path)).includes('samples.bin'));
      await after.leave();
      const plain = await ready();
      await plain.leave();
      assert.deepEqual((await readdir(folder.path)).sort(), ['outbox', 'samples.bin']);
    });

    it('of a damaged file are lost with a clear word, and the participant starts', async () => {
      const storeFile = join(folder.path, 'samples.bin');
      await writeFile(storeFile, 'FTTESMP1 but nothing of the kind, at length, so that it is read');
      const { participant } = make({ storeFile });
      const heard = problems(participant);
      await gateways[0]!.join();
      assert.equal(participant.state.samples, 0);
      assert.match(heard[0]!.message, /samples\.bin is damaged/);
    });
  });

  it('carries on after a crash of the engine: the round is lost, the next one works', async () => {
    class Crashing extends InlineTrainer {
      crash = true;
      override train(...args: Parameters<InlineTrainer['train']>): ReturnType<InlineTrainer['train']> {
        if (!this.crash) return super.train(...args);
        this.crash = false;
        return Promise.reject(new FtteError('engine-crashed', 'the training thread stopped: out of memory'));
      }
    }
    const { participant } = await ready({ trainer: new Crashing(createEngine(), clock) });
    const heard = notices(participant);
    participant.trainNow();
    await until(() => participant.state.phase === 'collecting', 'the end of the round');
    assert.deepEqual(
      heard.map(({ kind }) => kind),
      ['engine-restarted'],
    );
    await trainOnce(participant);
    await until(() => boss.updates.length === 1, 'an update');
  });

  it('sends nothing of a round whose numbers are not finite, and says what may help', async () => {
    boss.parameters.fill(3e38);
    const { participant } = await ready();
    const heard = problems(participant);
    participant.trainNow();
    await until(() => participant.state.phase === 'collecting', 'the end of the round');
    assert.match(heard[0]!.message, /not finite.*learningRate/);
    await settled();
    assert.equal(boss.updates.length, 0);
    assert.deepEqual(await outboxFiles(), []);
  });

  it('takes acknowledgements that come as bytes by another way', async () => {
    boss.verdict = undefined;
    const { participant, session } = await ready();
    await trainOnce(participant);
    await until(() => boss.updates.length === 1, 'an update');
    const ack = { type: 'ack', id: boss.updates[0]!.id, status: 'accepted', version: 0 } as const;
    session.receive(boss.session.encode(ack));
    await until(() => participant.state.outbox === 0, 'an empty outbox');
  });

  it('starts and stops without ever having a connection', async () => {
    const { participant } = make();
    await participant.start();
    assert.equal(participant.state.phase, 'waiting-task');
    assert.equal(participant.state.online, false);
    await participant.stop();
    assert.equal(participant.state.phase, 'stopped');
  });

  it('lets no value of any window out: no run of two numbers of a window is in any payload', async () => {
    const { participant } = await ready();
    for (let round = 1; round <= 3; round++) {
      await trainOnce(participant);
      await until(() => participant.state.phase === 'collecting', 'the end of the round');
      await boss.publish(0.01);
    }
    await until(() => boss.updates.length === 3, 'three updates');
    const types = new Set(packets.map(({ payload }) => decodeMessage(payload).type));
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
    const sent = Buffer.concat(packets.map(({ payload }) => payload));
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
    // The search finds what is there: the parameters of the snapshot.
    assert.ok(
      sent.includes(Buffer.from(Float32Array.from(boss.updates[0]!.delta.values.slice(0, 2)).buffer)),
    );
  });
});

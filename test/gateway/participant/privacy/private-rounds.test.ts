import assert from 'node:assert/strict';
import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { ledgerFile } from '../../../../gateway/participant';
import { FtteError } from '../../../../gateway/platform';
import { spentEpsilon } from '../../../../gateway/privacy';
import type { TaskInput } from '../../../../gateway/task';
import { copyValues, lengthOf } from '../../../../gateway/wire';
import { notices, ParticipantHarness, trainOnce } from '../harness';
import { tinySamples, tinyTask, until } from '../tools';

const privacy: TaskInput['privacy'] = { level: 'record', epsilon: 3, delta: 1e-5, rounds: 3 };
const task = tinyTask({ privacy });

describe('rounds with differential privacy', () => {
  let harness: ParticipantHarness;
  beforeEach(async () => {
    harness = await ParticipantHarness.build(task);
  });
  afterEach(() => harness.remove());

  const folder = () => join(harness.folder, 'privacy');
  const ready = () => harness.ready({ privacy: { folder: folder() } });

  it('send no figure that was measured on samples, and a number of samples that is rounded', async () => {
    const { participant } = await ready();
    for (const sample of tinySamples(3)) participant.add(sample);
    const report = await trainOnce(participant);
    await until(() => harness.coordinator.updates.length === 1, 'an update');
    const update = harness.coordinator.updates[0]!;
    assert.ok(Number.isNaN(update.lossBefore) && Number.isNaN(update.lossAfter));
    assert.equal(update.evaluation, undefined);
    const stored = participant.status.samples;
    assert.ok(
      update.samples <= stored && update.samples >= stored / 2 ** 0.25 - 1,
      `${update.samples} of ${stored}`,
    );
    assert.equal(update.steps, report.steps);
  });

  it('end when the budget is spent, with one notice and a trouble, and not before as many as were planned', async () => {
    const { participant } = await ready();
    const said = notices(participant);
    for (let round = 0; round < 3; round++) {
      await trainOnce(participant);
      await until(() => participant.status.phase === 'collecting', 'the end of the round');
    }
    const { privacy: status } = participant.status;
    assert.equal(status?.rounds, 3);
    assert.ok(status.spentEpsilon! > 2.9 && status.spentEpsilon! <= 3, `${status.spentEpsilon} of 3`);
    assert.equal(participant.trainNow(), 'started');
    await until(() => participant.status.privacy!.isSpent, 'the end of the budget');
    assert.equal(participant.trainNow(), 'privacy-spent');
    assert.equal(participant.trainNow(), 'privacy-spent');
    assert.equal(participant.status.trouble, 'privacy-spent');
    const spent = said.filter(({ code }) => code === 'privacy-spent');
    assert.equal(spent.length, 1);
    assert.match(spent[0]!.text, /another round would exceed epsilon 3 at delta 0\.00001 after 3 rounds/);
    assert.equal(harness.coordinator.updates.length, 3);
  });

  it('do not begin if no noise keeps the budget, and that is not called spent', async () => {
    const impossible = tinyTask({ privacy: { ...privacy, epsilon: 0.01, delta: 1e-10, rounds: 1_000_000 } });
    const other = await ParticipantHarness.build(impossible);
    try {
      const { participant } = await other.ready({ privacy: { folder: folder() } });
      const said = notices(participant);
      assert.equal(participant.trainNow(), 'started');
      await until(() => participant.status.privacy!.isSpent, 'the refusal');
      assert.match(
        said.find(({ code }) => code === 'privacy-spent')!.text,
        /^the privacy budget allows no round: no noise keeps epsilon 0\.01 at delta 1e-10 for 1000000 rounds/,
      );
      assert.equal(participant.status.privacy?.rounds, 0);
    } finally {
      await other.remove();
    }
  });

  it('count what an earlier run has spent, by the ledger', async () => {
    const first = await ready();
    await trainOnce(first.participant);
    const { spentEpsilon: before } = first.participant.status.privacy!;
    await first.leave();
    const { participant } = await ready();
    await until(() => participant.status.privacy?.spentEpsilon !== undefined, 'the account');
    assert.equal(participant.status.privacy?.spentEpsilon, before);
    assert.equal(participant.status.privacy?.rounds, 1);
  });

  it('do not begin if the ledger was cut, and rounds without privacy do', async () => {
    const first = await ready();
    await trainOnce(first.participant);
    await first.leave();
    await truncate(join(folder(), ledgerFile), 0);
    const again = harness.make({ privacy: { folder: folder() } });
    const said = notices(again.participant);
    await again.join();
    for (const sample of tinySamples(8)) again.participant.add(sample);
    assert.equal(again.participant.trainNow(), 'privacy-spent');
    assert.equal(again.participant.status.trouble, 'privacy-ledger');
    assert.match(said.map(({ text }) => text).join(), /it has 0 of 1 entries/);
    await harness.coordinator.restart('00000000000000c3', tinyTask());
    await until(() => again.follower.lineage === '00000000000000c3', 'the task without privacy');
    harness.clock.advance(60_000);
    await until(() => again.follower.trainable && again.follower.parameters !== undefined, 'its model');
    await trainOnce(again.participant);
  });

  it('at the level of gateways are plain, but clip the update and send no figure that was measured on samples', async () => {
    const clip = 0.01;
    const counted = tinyTask({
      privacy: { level: 'gateway', clip },
      aggregation: { participation: { kind: 'free' } },
    });
    const own = await ParticipantHarness.build(counted);
    try {
      const { participant } = await own.ready({ privacy: { folder: folder() } });
      await trainOnce(participant);
      await until(() => own.coordinator.updates.length === 1, 'an update');
      const update = own.coordinator.updates[0]!;
      assert.ok(Number.isNaN(update.lossBefore) && Number.isNaN(update.lossAfter));
      assert.equal(update.evaluation, undefined);
      const values = new Float32Array(lengthOf(update.delta));
      copyValues(update.delta, values);
      const norm = Math.hypot(...values);
      assert.ok(norm > 0.9 * clip && norm < 1.05 * clip, `${norm}`);
      assert.equal(participant.status.privacy, undefined, 'the coordinator counts');
    } finally {
      await own.remove();
    }
  });

  it('spend nothing if their program cannot be made', async () => {
    const { participant, trainer } = await ready();
    trainer.configure = () => Promise.reject(new FtteError('engine-unavailable', 'no engine'));
    const problem = participant.next('problem');
    assert.equal(participant.trainNow(), 'started');
    await problem;
    assert.equal(participant.status.privacy?.rounds, 0);
  });

  it('have the noise that the account asks for', async () => {
    const { participant, trainer } = await ready();
    const train = trainer.train.bind(trainer);
    const asked: Parameters<typeof train>[1][] = [];
    trainer.train = (samples, options) => {
      asked.push(options);
      return train(samples, options);
    };
    await trainOnce(participant);
    const { steps, rate, noise, clip, key } = asked[0]!.privacy!;
    assert.ok(spentEpsilon([{ noise, rate, steps: 3 * steps }], 1e-5) <= 3);
    assert.ok(spentEpsilon([{ noise: 0.98 * noise, rate, steps: 3 * steps }], 1e-5) > 3);
    assert.equal(clip, 1);
    assert.equal(key.length, 32);
    assert.equal(asked[0]!.balance, undefined, 'draws by label would depend on the labels');
    assert.equal(asked[0]!.gradientLimit, undefined);
  });
});

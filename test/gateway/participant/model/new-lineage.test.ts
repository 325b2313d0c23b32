import assert from 'node:assert/strict';
import { createEngine, InlineTrainer } from '../../../../gateway/engine';
import { notices, ParticipantHarness, trainOnce } from '../harness';
import { firstLineage, secondLineage, settled, tinyTask, until } from '../tools';

describe('a participant when the model starts again', () => {
  let harness: ParticipantHarness;
  beforeEach(async () => {
    harness = await ParticipantHarness.build();
  });
  afterEach(() => harness.remove());

  it('drops samples that do not fit, keeps updates of the old lineage unsent, and reports it', async () => {
    harness.coordinator.verdict = undefined;
    const { participant, follower } = await harness.ready();
    await trainOnce(participant);
    await until(() => harness.coordinator.updates.length === 1, 'an update');
    const received = notices(participant);
    await harness.coordinator.restart(secondLineage, tinyTask({ labels: ['still', 'falling'] }));
    await until(() => follower.lineage === secondLineage, 'the new lineage');
    await until(() => received.length === 2, 'two notices');
    assert.deepEqual(participant.store.counts, { still: 4 });
    assert.deepEqual(received.map(({ code }) => code).sort(), ['lineage-changed', 'update-aside']);
    const change = received.find(({ code }) => code === 'lineage-changed');
    assert.match(change?.text ?? '', /; 4 samples were dropped: they do not fit the new task$/);
    assert.equal((await harness.outboxFiles()).length, 1);
    assert.equal(participant.status.outbox, 0);
    harness.clock.advance(3_600_000);
    await settled();
    assert.equal(harness.coordinator.updates.length, 1);
  });

  it('drops a running round of the old lineage', async () => {
    let finish = () => {};
    class Slow extends InlineTrainer {
      override async train(...args: Parameters<InlineTrainer['train']>): ReturnType<InlineTrainer['train']> {
        const result = await super.train(...args);
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
        return result;
      }
    }
    const { participant, follower } = await harness.ready({
      trainer: new Slow(createEngine(), harness.clock),
    });
    const received = notices(participant);
    assert.equal(participant.trainNow(), 'started');
    const task = follower.next('task');
    await harness.coordinator.restart(secondLineage);
    await task;
    await settled();
    assert.equal(participant.status.phase, 'training');
    finish();
    await until(() => participant.status.phase === 'waiting-model', 'the end of the round');
    assert.equal(participant.status.rounds, 0);
    assert.ok(received.some(({ code, text }) => code === 'round-skipped' && text.includes(firstLineage)));
    harness.clock.advance(1000);
    await until(() => !!follower.parameters, 'the new model');
    assert.equal(participant.trainNow(), 'started');
    await settled();
    finish();
    await until(() => harness.coordinator.updates.length === 1, 'an update');
    assert.equal(harness.coordinator.updates[0]!.lineage, secondLineage);
  });

  it('keeps through a restart the updates of another lineage, and sends them when it comes back', async () => {
    harness.coordinator.verdict = undefined;
    const before = await harness.ready();
    await trainOnce(before.participant);
    await until(() => harness.coordinator.updates.length === 1, 'an update');
    await before.leave();
    await harness.coordinator.restart(secondLineage);
    const after = harness.make();
    const received = notices(after.participant);
    await after.join();
    await until(() => received.length === 1, 'a notice');
    assert.equal(received[0]?.code, 'update-aside');
    assert.match(received[0]!.text, /^1 update waits for another lineage/);
    assert.equal(after.participant.status.outbox, 0);
    harness.clock.advance(3_600_000);
    await settled();
    assert.equal(harness.coordinator.updates.length, 1);
    harness.coordinator.verdict = () => ({ status: 'accepted' });
    await harness.coordinator.restart(firstLineage);
    await until(() => harness.coordinator.updates.length === 2, 'the update again');
    await harness.outboxEmpties(after.participant);
    const [first, second] = harness.coordinator.updates;
    assert.deepEqual([second!.id, second!.lineage], [first!.id, firstLineage]);
  });

  it('keeps an update that the coordinator of the new lineage refuses', async () => {
    harness.coordinator.verdict = undefined;
    const { participant, follower } = await harness.ready();
    await trainOnce(participant);
    await until(() => harness.coordinator.updates.length === 1, 'an update');
    await harness.coordinator.restart(secondLineage);
    await until(() => follower.lineage === secondLineage, 'the new lineage');
    const [sent] = harness.coordinator.updates;
    harness.coordinator.acknowledge(sent!, { status: 'rejected', reason: 'other-lineage' });
    await settled();
    assert.equal((await harness.outboxFiles()).length, 1);
    harness.coordinator.verdict = () => ({ status: 'accepted' });
    await harness.coordinator.restart(firstLineage);
    await harness.outboxEmpties(participant);
    assert.equal(harness.coordinator.updates.at(-1)!.id, sent!.id);
  });
});

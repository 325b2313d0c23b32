import assert from 'node:assert/strict';
import { parameterLayout, planSegments, segmentsSize } from '../../../../gateway/model';
import { choosePlan } from '../../../../gateway/participant';
import type { FtteError } from '../../../../gateway/platform';
import { denseMemory } from '../../../../gateway/selection';
import { taskModel } from '../../../../gateway/task';
import { ParticipantHarness, problems, trainOnce } from '../harness';
import { firstLineage, secondLineage, settled, tinySamples, tinyTask, until } from '../tools';

const task = tinyTask();

describe('a participant within its budget', () => {
  let harness: ParticipantHarness;
  beforeEach(async () => {
    harness = await ParticipantHarness.build();
  });
  afterEach(() => harness.remove());

  const model = taskModel(task);
  const { optimiser, batchSize } = task.training;
  const dense = denseMemory(model, optimiser, batchSize).peakBytes;

  it('trains part of the model if the whole does not fit', async () => {
    const { participant } = await harness.ready({ budgetBytes: Math.floor(dense * 0.7) });
    const report = await trainOnce(participant);
    assert.ok(report.peakBytes <= report.budgetBytes);
    assert.ok(report.trainedShare < 1);
    await until(() => harness.coordinator.updates.length === 1, 'an update');
    const { plan, delta } = harness.coordinator.updates[0]!;
    assert.equal(delta.values.length, segmentsSize(planSegments(parameterLayout(model), plan)));
  });

  it('trains another part from each version if the task says so, and the same part from the same version', async () => {
    const dynamic = tinyTask({ selection: { strategy: 'dynamic' } });
    await harness.coordinator.restart(secondLineage, dynamic);
    const budgetBytes = Math.floor(dense * 0.7);
    const peaks: number[] = [];
    const { participant, follower } = await harness.ready({ budgetBytes });
    for (const [i, version] of [0, 0, 1, 2].entries()) {
      while (harness.coordinator.version < version) await harness.coordinator.publish(0.01);
      await until(() => follower.version === version, `version ${version}`);
      peaks.push((await trainOnce(participant)).peakBytes);
      await until(() => harness.coordinator.updates.length > i, 'an update');
    }
    const plans = harness.coordinator.updates.map(({ plan }) => plan);
    assert.deepEqual(plans[1], plans[0]);
    assert.notDeepEqual(plans[2], plans[0]);
    assert.notDeepEqual(plans[3], plans[2]);
    for (const [i, version] of [0, 0, 1, 2].entries()) {
      assert.deepEqual(plans[i], choosePlan(dynamic, model, budgetBytes, version).plan);
    }
    assert.ok(peaks.every((peakBytes) => peakBytes <= budgetBytes));
  });

  it('refuses if nothing fits, reports what would, and recovers when the budget grows', async () => {
    const made = harness.make({ budgetBytes: 100 });
    const { participant } = made;
    const received = problems(participant);
    await made.join();
    for (const sample of tinySamples(8)) participant.add(sample);
    assert.equal(participant.status.phase, 'refused');
    assert.match(participant.status.problem ?? '', /budget.*100/i);
    assert.equal((received[0] as FtteError).code, 'budget-too-small');
    assert.equal(participant.trainNow(), 'not-ready');
    participant.setBudget(dense);
    assert.equal(participant.status.phase, 'collecting');
    assert.equal(participant.status.problem, undefined);
    await trainOnce(participant);
  });

  it('refuses, and recovers when a smaller task comes', async () => {
    const made = harness.make({ budgetBytes: dense });
    const { participant, follower } = made;
    await harness.coordinator.restart(
      firstLineage,
      tinyTask({ model: { preset: 'mlp', size: 'L' }, selection: { strategy: 'dense' } }),
    );
    await made.join();
    assert.equal(participant.status.phase, 'refused');
    await harness.coordinator.restart(secondLineage, task);
    await settled();
    harness.clock.advance(1000);
    await until(() => !!follower.parameters, 'the new model');
    assert.equal(participant.status.phase, 'collecting');
  });
});

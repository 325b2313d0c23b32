import assert from 'node:assert/strict';
import {
  type LearningCondition,
  LearningProgress,
} from '../../../../gateway/participant/reports/learning-progress';
import { VirtualClock } from '../../../../gateway/platform';
import { tinyTask } from '../tools';

const learning: LearningCondition = {
  phase: 'collecting',
  online: true,
  task: tinyTask(),
  outbox: 0,
  samples: 100,
  labels: 2,
};

function make() {
  const clock = new VirtualClock(1_000_000);
  const progress = new LearningProgress(clock);
  const at = (ms: number) => clock.advance(1_000_000 + ms - clock.now());
  const needs = (changes: Partial<LearningCondition> = {}) =>
    progress.waiting({ ...learning, ...changes })?.for;
  return { at, clock, needs, progress };
}

describe('the progress of a participant', () => {
  it('waits for what its phase names, from the first moment', () => {
    const { needs } = make();
    assert.equal(needs({ online: false }), 'broker');
    assert.equal(needs({ online: false, phase: 'waiting-task' }), 'broker');
    assert.equal(needs({ phase: 'waiting-task' }), 'task');
    assert.equal(needs({ phase: 'waiting-model' }), 'model');
    assert.equal(needs({ phase: 'waiting-grant' }), 'grant');
  });

  it('waits for nothing in phases that say themselves why nothing is learned', () => {
    const { at, needs } = make();
    at(3_600_000);
    for (const phase of ['paused', 'refused', 'stopped'] as const)
      assert.equal(needs({ phase, online: false }), undefined);
    assert.equal(needs({ phase: 'training' }), undefined);
  });

  it('waits for other labels if all samples of rounds would have had one for 30 s', () => {
    const { at, needs, progress } = make();
    const { minSamples } = tinyTask().training;
    const few = { labels: 1, samples: minSamples - 1 };
    const one = { labels: 1, samples: minSamples };
    const learnUntil = (ms: number) => {
      at(ms);
      progress.learned();
    };
    assert.equal(needs(few), undefined);
    learnUntil(30_000);
    assert.equal(needs(few), undefined);
    assert.equal(needs(one), undefined);
    learnUntil(59_999);
    assert.equal(needs({ ...one, phase: 'training' }), undefined);
    learnUntil(60_000);
    assert.equal(needs(one), 'other-labels');
    assert.equal(needs({ ...one, phase: 'training' }), undefined);
    assert.equal(needs({ labels: 2 }), undefined);
    assert.equal(needs(one), undefined, 'counted from the beginning');
  });

  it('waits for a paused coordinator, unless its answers are missing', () => {
    const { at, needs, progress } = make();
    progress.coordinatorIs(true);
    assert.equal(needs(), 'aggregation');
    assert.equal(needs({ phase: 'waiting-grant' }), 'aggregation', 'it is why no round is granted');
    at(30_000);
    assert.equal(needs({ outbox: 1 }), 'coordinator');
    progress.answered();
    assert.equal(needs({ outbox: 1 }), 'aggregation');
    progress.learned();
    progress.coordinatorIs(false);
    assert.equal(needs(), undefined);
  });

  it('waits for samples 30 s after the last one, and says since when', () => {
    const { at, needs, progress } = make();
    at(20_000);
    progress.learned();
    at(49_999);
    assert.equal(needs(), undefined);
    at(50_000);
    assert.deepEqual(progress.waiting(learning), { for: 'samples', sinceMs: 1_020_000 });
    progress.learned();
    assert.equal(needs(), undefined);
  });

  it('waits longer for the windows of a slow stream', () => {
    const { at, needs } = make();
    const task = tinyTask({ input: { ...tinyTask().input, rateHz: 0.1 } });
    const windowMs = Math.max(task.input.hop, task.input.length) * 10_000;
    at(3 * windowMs - 1);
    assert.equal(needs({ task }), undefined);
    at(3 * windowMs);
    assert.equal(needs({ task }), 'samples');
  });

  it('waits for labels if windows come and none has one', () => {
    const { at, needs, progress } = make();
    at(10_000);
    progress.cameUnlabelled();
    at(30_000);
    assert.equal(needs(), 'labels');
    assert.equal(progress.unlabelled, 1);
    progress.learned();
    at(60_000);
    assert.equal(needs(), 'samples', 'since the last label no window has come');
  });

  it('waits for the coordinator if updates are not acknowledged for 30 s', () => {
    const { at, needs, progress } = make();
    at(20_000);
    progress.learned();
    progress.answered();
    at(49_999);
    assert.equal(needs({ outbox: 2 }), undefined);
    at(50_000);
    assert.equal(needs({ outbox: 2 }), 'coordinator');
    assert.equal(needs({ outbox: 0 }), 'samples');
  });

  it('keeps since when the same thing was missing, and starts again with another', () => {
    const { at, progress } = make();
    const sinceMs = (changes: Partial<LearningCondition>) =>
      progress.waiting({ ...learning, ...changes })?.sinceMs;
    assert.equal(sinceMs({ online: false }), 1_000_000);
    at(5000);
    assert.equal(sinceMs({ online: false }), 1_000_000);
    assert.equal(sinceMs({ phase: 'waiting-task' }), 1_005_000);
  });
});

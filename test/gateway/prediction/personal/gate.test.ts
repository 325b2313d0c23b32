import assert from 'node:assert/strict';
import {
  adoptAbove,
  canJudge,
  closest,
  compare,
  isBetter,
  labelsOf,
} from '../../../../gateway/prediction/personal/gate';
import { tooFewText } from '../../../../gateway/prediction/personal/personal-texts';
import type { Task } from '../../../../gateway/task';
import { tinyTask } from '../../participant/tools';

const labels = (...runs: [label: number, count: number][]) =>
  Uint16Array.from(runs.flatMap(([label, count]) => Array<number>(count).fill(label)));

describe('the gate of a personal model', () => {
  it('weighs labels by what their number says, and has noise from the windows that only one model gets right', () => {
    // Four of label 0 and two of label 1. The shared model has three of the former, the personal model all but one of the latter.
    const y = labels([0, 4], [1, 2]);
    const shared = Uint16Array.of(0, 0, 0, 1, 0, 0);
    const personal = Uint16Array.of(0, 0, 0, 0, 1, 0);
    const comparison = compare(y, shared, personal);
    assert.deepEqual(comparison.shared, { accuracy: 0.5, balancedAccuracy: 3 / 8 });
    assert.equal(comparison.personal.balancedAccuracy, 3 / 4);
    // Label 0 weighs 4 / 9 and label 1 weighs 2 / 7: of the whole, a window of the former 7 / 46, one of the latter 9 / 46.
    assert.ok(Math.abs(comparison.gain - 16 / 46) < 1e-12);
    assert.ok(Math.abs(comparison.noise - Math.sqrt(49 + 81) / 46) < 1e-12);
    assert.equal(isBetter(comparison, 1), true);
    assert.equal(isBetter(comparison, adoptAbove), false);
  });

  it('adopts nothing that gains as much as it loses, and nothing that changes nothing', () => {
    const y = labels([0, 20], [1, 20]);
    const half = y.map((label, i) => (i % 2 === 0 ? label : 1 - label));
    assert.equal(
      isBetter(
        compare(
          y,
          half,
          half.map((label) => 1 - label),
        ),
        0,
      ),
      false,
    );
    assert.equal(isBetter(compare(y, half, half), 0), false);
    assert.equal(isBetter(compare(y, half, y), adoptAbove), true);
  });

  it('does not adopt a model that says the label that is most frequent to everything', () => {
    const y = labels([0, 90], [1, 10]);
    const shared = y.map((label, i) => (i % 5 === 0 ? 1 - label : label));
    const frequent = y.map(() => 0);
    const { shared: before, personal: after } = compare(y, shared, frequent);
    assert.ok(after.accuracy > before.accuracy);
    assert.equal(isBetter(compare(y, shared, frequent), adoptAbove), false);
  });

  it('takes the model closest to the shared one that gains as much as the best, less twice its noise', () => {
    const gaining = (...gains: number[]) => {
      const side = { accuracy: 1, balancedAccuracy: 1 };
      return gains.map((gain) => ({ windows: 40, shared: side, personal: side, gain, noise: 0.1 }));
    };
    assert.equal(closest(gaining(0.2, 0.4, 0.5, 0.58)), 1);
    assert.equal(closest(gaining(0.2, 0.3, 0.34, 0.58)), 3);
    // Within twice the noise of the best, but no more than noise itself.
    assert.equal(closest(gaining(0.2, 0.24, 0.26, 0.28)), 2);
    assert.equal(closest(gaining(0.05, 0.1, 0.1, 0)), 1, 'none is better');
  });

  it('needs sixteen windows of two labels', () => {
    const task = tinyTask();
    assert.equal(canJudge(labels([0, 8], [1, 8]), task), true);
    assert.equal(canJudge(labels([0, 8], [1, 7]), task), false);
    assert.equal(canJudge(labels([0, 30]), task), false);
    assert.match(tooFewText(labels([0, 30]), task), /needs windows of two labels/);
  });

  it('is content with one label where models do not learn how often a label comes, and says how many windows it needs', () => {
    const { input, ...rest } = tinyTask();
    const beats = { ...rest, input: { ...input, cut: { kind: 'beats', before: 2 } } } as Task;
    assert.equal(canJudge(labels([0, 16]), beats), true);
    assert.equal(canJudge(labels([0, 15]), beats), false);
    assert.match(tooFewText(labels([0, 15]), beats), /expected at least 16$/);
    assert.equal(
      canJudge(labels([0, 16]), { ...beats, training: { ...beats.training, balance: 'root' } }),
      false,
    );
  });

  it('reads labels from one output a label, and from one output for two labels', () => {
    assert.deepEqual([...labelsOf(Float32Array.of(0.2, 0.5, 0.3, 0.6, 0.1, 0.3), 2)], [1, 0]);
    assert.deepEqual([...labelsOf(Float32Array.of(0.4, 0.6), 2)], [0, 1]);
  });
});

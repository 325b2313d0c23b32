import assert from 'node:assert/strict';
import { createEngine, type EvaluateResult } from '../../../gateway/engine';
import { densePlan, initialParameters, parameterLayout, resolveModel } from '../../../gateway/model';
import { type Optimiser, presetLayers } from '../../../gateway/task';
import { describeWithData, type Scale } from '../../support/recordings';

/** Gravity lies along acc_x at rest (g); the gyroscope turns around zero (rad/s). */
const scales: Scale[] = [
  { centre: 1, spread: 0.5 },
  { centre: 0, spread: 0.5 },
  { centre: 0, spread: 0.5 },
  { centre: 0, spread: 1 },
  { centre: 0, spread: 1 },
  { centre: 0, spread: 1 },
];
const momentum: Optimiser = { kind: 'sgd', momentum: 0.9 };

/** Mean of the recalls of the labels that occur. */
function balancedAccuracy({ confusion }: EvaluateResult, labels: number): number {
  const recalls: number[] = [];
  for (let label = 0; label < labels; label++) {
    const row = confusion.subarray(label * labels, (label + 1) * labels);
    const count = row.reduce((sum, value) => sum + value, 0);
    if (count > 0) recalls.push(row[label]! / count);
  }
  return recalls.reduce((sum, recall) => sum + recall, 0) / recalls.length;
}

describeWithData('hapt', 'Training on the wearable recordings', (load) => {
  const model = resolveModel([128, 6], presetLayers('cnn1d', 'S', 6, [128, 6]), 6, 'softmax-cross-entropy');
  /** Every third window of a split: neighbours overlap by half and teach little new. */
  const windows = (split: number) => {
    const recordings = load();
    return recordings.samples(
      recordings.examples(split).filter((_, i) => i % 3 === 0),
      scales,
    );
  };

  it('recognises the activities of people it never saw', () => {
    const parameters = initialParameters(model, 1);
    const plan = densePlan(parameterLayout(model), 32);
    const program = createEngine().compile({ model, plan, optimiser: momentum, batchSize: 32 });
    program.loadParameters(parameters);
    const { delta } = program.train(windows(0), { epochs: 5, learningRate: 0.02, seed: 1 });
    program.loadParameters(parameters.map((value, i) => value + delta[i]!));
    const accuracy = balancedAccuracy(program.evaluate(windows(1)), model.outputs);
    assert.ok(accuracy > 0.85, `balanced accuracy ${accuracy}`);
  });
});

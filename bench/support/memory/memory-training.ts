import { createEngine, type EvaluateResult, type Program } from '../../../gateway/engine';
import { parameterLayout, planSegments, scatterAdd } from '../../../gateway/model';
import { redrawPlan, type Selection, type SelectionRequest } from '../../../gateway/selection';
import { mean } from '../statistics';
import { timeSteps } from '../step-timing';
import type { MemoryData } from './memory-data';

/** The last ones of a training are judged. */
const judgedEpochs = 3;
const engine = createEngine();

export interface TrainingOptions {
  readonly epochs: number;
  /** Falls to zero along half a cosine. */
  readonly learningRate: number;
  /** The mean of the recalls in place of the accuracy. */
  readonly balanced: boolean;
  readonly seed: number;
}

/** Trains what was selected, an epoch a version. @returns the mean accuracy after each of the last epochs */
export function trainedAccuracy(
  data: Pick<MemoryData, 'training' | 'judged'>,
  request: SelectionRequest,
  selected: Selection,
  { epochs, seed, balanced, ...options }: TrainingOptions,
): number {
  const { model, optimiser, batchSize, frozen = 'float32' } = request;
  const layout = parameterLayout(model);
  const parameters = request.parameters.slice();
  const judge = engine.compile({ model });
  const judged: number[] = [];
  let program: Program | undefined;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const { plan } = redrawPlan(request, selected, epoch);
    if (!program || plan !== selected.plan)
      program = engine.compile({ model, plan, optimiser, batchSize, frozen });
    program.loadParameters(parameters);
    const learningRate = (options.learningRate * (1 + Math.cos((Math.PI * epoch) / epochs))) / 2;
    const { delta } = program.train(data.training, {
      epochs: 1,
      learningRate,
      seed: seed * 1000 + epoch,
      lossSamples: 0,
    });
    scatterAdd(parameters, planSegments(layout, plan), delta);
    if (epoch < epochs - judgedEpochs) continue;
    judge.loadParameters(parameters);
    judged.push(accuracyOf(judge.evaluate(data.judged), model.outputs, balanced));
  }
  return mean(judged);
}

/** Milliseconds of an optimiser step of what was selected. */
export function stepTime(
  { training }: Pick<MemoryData, 'training'>,
  { model, parameters, optimiser, batchSize, frozen = 'float32' }: SelectionRequest,
  { plan }: Selection,
): number {
  const program = engine.compile({ model, plan, optimiser, batchSize, frozen });
  program.loadParameters(parameters);
  return timeSteps((steps) => {
    program.train(training, { epochs: steps, maxSteps: steps, learningRate: 1e-3, seed: 1, lossSamples: 0 });
  });
}

function accuracyOf({ confusion, count }: EvaluateResult, labels: number, balanced: boolean): number {
  const right = Array.from({ length: labels }, (_, label) => confusion[label * labels + label] ?? 0);
  if (!balanced) return right.reduce((sum, hits) => sum + hits, 0) / count;
  const recalls = right.map((hits, label) => {
    const row = confusion.subarray(label * labels, (label + 1) * labels);
    return hits / row.reduce((sum, value) => sum + value, 0);
  });
  return mean(recalls.filter((recall) => !Number.isNaN(recall)));
}

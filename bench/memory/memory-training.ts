import { createEngine, type Program } from '../../gateway/engine';
import { classificationFigures } from '../../gateway/metrics';
import { parameterLayout, planSegments, scatterAdd } from '../../gateway/model';
import { redrawPlan, type Selection, type SelectionRequest } from '../../gateway/selection';
import type { PeopleData } from '../support/people-data';
import { mean } from '../support/statistics';
import { timeSteps } from '../support/step-timing';

/** Epochs at the end of a training that are judged. */
const judgedEpochs = 3;
const engine = createEngine();

/** Options of a training. */
export interface TrainingOptions {
  readonly epochs: number;
  /** The initial rate; it follows half a cosine down to zero. */
  readonly learningRate: number;
  /** Whether the score is the mean of the recalls instead of the accuracy. */
  readonly balanced: boolean;
  readonly seed: number;
}

/** Trains the selected plan, one epoch per version. @returns the mean of the accuracies after the last epochs */
export function trainedAccuracy(
  data: Pick<PeopleData, 'training' | 'judged'>,
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
    const { accuracy, balancedAccuracy } = classificationFigures(
      judge.evaluate(data.judged).confusion,
      model.outputs,
    );
    judged.push(balanced ? balancedAccuracy : accuracy);
  }
  return mean(judged);
}

/** Milliseconds of an optimiser step of the selected plan. */
export function stepTime(
  { training }: Pick<PeopleData, 'training'>,
  { model, parameters, optimiser, batchSize, frozen = 'float32' }: SelectionRequest,
  { plan }: Selection,
): number {
  const program = engine.compile({ model, plan, optimiser, batchSize, frozen });
  program.loadParameters(parameters);
  return timeSteps((steps) => {
    program.train(training, { epochs: steps, maxSteps: steps, learningRate: 1e-3, seed: 1, lossSamples: 0 });
  });
}

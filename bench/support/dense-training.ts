import { createEngine, type Program, type Samples } from '../../gateway/engine';
import {
  densePlan,
  initialParameters,
  type ModelSpec,
  parameterLayout,
  planSegments,
  scatterAdd,
} from '../../gateway/model';
import type { Optimiser } from '../../gateway/task';

/**
 * Trains all parameters of a model, centrally: SGD with momentum 0.9 at batch 32. The learning rate follows half a cosine
 * from `learningRate` down to nearly zero.
 * @returns a program with the trained parameters, and the seconds that the training took
 */
export function trainDense(
  model: ModelSpec,
  { name, epochs, learningRate, samplesOf }: DenseTraining,
): { readonly program: Program; readonly seconds: number } {
  const layout = parameterLayout(model);
  const plan = densePlan(layout, microBatch);
  const segments = planSegments(layout, plan);
  const program = createEngine().compile({ model, plan, optimiser, batchSize });
  const parameters = initialParameters(model, 1);
  const start = performance.now();
  for (let epoch = 0; epoch < epochs; epoch++) {
    program.loadParameters(parameters);
    const rate = learningRate * (0.01 + 0.99 * 0.5 * (1 + Math.cos((Math.PI * epoch) / epochs)));
    const { delta, lossAfter } = program.train(samplesOf(epoch), {
      epochs: 1,
      learningRate: rate,
      seed: epoch,
    });
    scatterAdd(parameters, segments, delta);
    process.stderr.write(`${name}, epoch ${epoch + 1} of ${epochs}: loss ${lossAfter.toFixed(4)}\n`);
  }
  const seconds = (performance.now() - start) / 1000;
  program.loadParameters(parameters);
  return { program, seconds };
}

/** Settings of a training. */
export interface DenseTraining {
  /** Name in the lines of progress. */
  readonly name: string;
  readonly epochs: number;
  readonly learningRate: number;
  /** The samples of an epoch. */
  readonly samplesOf: (epoch: number) => Samples;
}

const batchSize = 32;
/** Examples at a time: a small micro-batch fits a processor's cache and is faster. */
const microBatch = 8;
const optimiser: Optimiser = { kind: 'sgd', momentum: 0.9 };

import { createEngine, type Samples } from '../../gateway/engine';
import {
  densePlan,
  initialParameters,
  type ModelSpec,
  parameterLayout,
  planSegments,
  scatterAdd,
} from '../../gateway/model';
import { calibrated, drawBalance, gradientLimit, resolveAugmentation, type Task } from '../../gateway/task';

/** First rate of a training with momentum; it follows half a cosine down to nearly zero. */
const firstRate = 0.05;

/** A shared model, trained on all windows in one place with the task's own draws and augmentation. @returns flat */
export function sharedModel(
  task: Task,
  model: ModelSpec,
  { training, epochs, seed }: { training: Samples; epochs: number; seed: number },
): Float32Array {
  const layout = parameterLayout(model);
  const plan = densePlan(layout, 8);
  const { optimiser, batchSize } = task.training;
  const program = createEngine().compile({ model, plan, optimiser, batchSize });
  const parameters = initialParameters(model, seed);
  for (let epoch = 0; epoch < epochs; epoch++) {
    program.loadParameters(calibrated(parameters, model, task, training.y));
    const { delta, lossAfter } = program.train(training, {
      epochs: 1,
      learningRate: firstRate * (0.02 + 0.98 * 0.5 * (1 + Math.cos((Math.PI * epoch) / epochs))),
      seed: seed * 1000 + epoch,
      augmentation: resolveAugmentation(task),
      balance: drawBalance(task),
      gradientLimit: gradientLimit(task),
    });
    scatterAdd(parameters, planSegments(layout, plan), delta);
    process.stderr.write(`${task.name}, pass ${epoch + 1} of ${epochs}: loss ${lossAfter.toFixed(4)}\n`);
  }
  program.release();
  return parameters;
}

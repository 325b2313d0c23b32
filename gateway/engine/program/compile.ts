import type { ModelSpec } from '../../model';
import { parameterLayout } from '../../model';
import { FtteError } from '../../platform';
import { type ArenaBuffer, Schedule } from '../arena/schedule';
import type { MemoryReport, ProgramRequest } from '../interface/engine';
import { layerModule } from '../layers';
import { canSumInPlace, type OptimiserState, optimiserState } from '../optimisers/optimiser';
import { sketchBuckets } from '../optimisers/sgd-in-place';
import { ParameterStore } from '../parameters/parameter-store';
import { GradientStore, type ParameterSite } from '../parameters/parameters';
import { resolvePlan, type TrainingPlan } from '../parameters/training-plan';
import { emitPasses, type Passes } from './passes';

/** Examples behind one optimiser step where a request does not say. */
const defaultBatchSize = 32;
/** Examples at a time in a program that only predicts: one tile of rows; more would buy memory, not speed. */
const inferenceBatch = 4;

/** Needs of training beyond the forward pass. */
export interface TrainingParts {
  readonly plan: TrainingPlan;
  readonly optimiser: OptimiserState;
  readonly batchSize: number;
  /** The micro-batch is the batch, and yet the optimiser could add gradients up in place. */
  readonly mayAccumulate: boolean;
  /** Places of the gradient of one example and of their sum, in a program for rounds with differential privacy. */
  readonly perExample: { readonly example: ArenaBuffer; readonly sums: ArenaBuffer } | undefined;
}

/** A request turned into operations over planned buffers, independent of the kernels that will run them. */
export interface Compiled extends Passes {
  readonly model: ModelSpec;
  readonly schedule: Schedule;
  readonly memory: MemoryReport;
  readonly parameters: ParameterStore;
  readonly parameterCount: number;
  readonly microBatch: number;
  readonly training: TrainingParts | undefined;
}

/** Stand-in for the gradient if it is summed in the velocity. */
const sketchBytes = sketchBuckets * 4;

/**
 * Compiles a request. Pure and cheap: no memory is allocated and no number of the model is needed. If the micro-batch
 * is the batch, a gradient may live for a few operations or be summed in the velocity: whichever takes less at the peak.
 * @param enough a number of bytes, for a caller that only asks whether the arena fits into it
 * @throws FtteError `plan-invalid`, `model-invalid`
 */
export function compileSchedule(request: ProgramRequest, enough?: number): Compiled {
  const compiled = compileOnce(request, false, enough);
  const { memory, training } = compiled;
  if (!training?.mayAccumulate || memory.gradients <= sketchBytes) return compiled;
  if (enough !== undefined && memory.peakBytes <= enough) return compiled;
  const summed = compileOnce(request, true, enough);
  return summed.memory.peakBytes < memory.peakBytes ? summed : compiled;
}

/** @param accumulate add gradients up until the batch is over, be it of one micro-batch */
function compileOnce(request: ProgramRequest, accumulate: boolean, enough?: number): Compiled {
  const { model } = request;
  const layout = parameterLayout(model);
  if (layout.size === 0) throw new FtteError('model-invalid', 'the model has no parameters');
  const batchSize = request.batchSize ?? defaultBatchSize;
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new FtteError('plan-invalid', `batch size is ${batchSize}, expected a whole number of 1 or more`);
  }
  const schedule = new Schedule();
  const plan = request.plan && resolvePlan(layout, request.plan, batchSize);
  const { frozen = 'float32' } = request;
  const parameters = new ParameterStore(
    schedule,
    layout,
    plan,
    frozen,
    ({ layer, role }) => role === 'kernel' && layerModule(model.layers[layer]!).rounded === true,
  );
  const microBatch = plan?.microBatch ?? Math.min(inferenceBatch, batchSize);

  let training: TrainingParts | undefined;
  let gradients: GradientStore | undefined;
  if (plan) {
    const spec = request.optimiser ?? { kind: 'sgd', momentum: 0 };
    const alone = request.perExample === true;
    if (alone && microBatch !== 1) {
      throw new FtteError('plan-invalid', `micro-batch is ${microBatch}, expected 1 to clip each example`);
    }
    const inParts = alone || microBatch < batchSize;
    const together = accumulate || inParts;
    const optimiser = optimiserState(spec, schedule, plan.size, together);
    gradients = new GradientStore(schedule, parameters, optimiser, plan.size, together, alone);
    const { example, sums } = gradients;
    const perExample = example && sums && { example, sums };
    const mayAccumulate = !inParts && canSumInPlace(spec, plan.size);
    training = { plan, optimiser, batchSize, mayAccumulate, perExample };
  }
  const sitesOf = (layer: number): ParameterSite[] =>
    layout.tensors
      .filter((tensor) => tensor.layer === layer)
      .map((tensor) => ({
        tensor,
        place: parameters.placeOf(tensor),
        rounded: parameters.roundedKernel(tensor),
        trained: parameters.trainedPart(tensor),
        gradients,
      }));

  const passes = emitPasses(schedule, model, microBatch, sitesOf);
  const memory = schedule.plan(enough);
  return {
    model,
    schedule,
    memory,
    parameters,
    parameterCount: layout.size,
    microBatch,
    ...passes,
    training,
  };
}

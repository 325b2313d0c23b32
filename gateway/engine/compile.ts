import { FtteError } from '../platform';
import type { ModelSpec } from '../task';
import { parameterLayout } from '../task/core';
import { Schedule } from './arena/schedule';
import type { MemoryReport, ProgramRequest } from './engine';
import { layerModule } from './layers';
import { type OptimiserState, optimiserState } from './optimisers/optimiser';
import { ParameterStore } from './parameter-store';
import { GradientStore, type ParameterSite } from './parameters';
import { emitPasses, type Passes } from './passes';
import { resolvePlan, type TrainingPlan } from './training-plan';

/** Examples behind one optimiser step where a request does not say. */
const defaultBatchSize = 32;
/** Examples at a time in a program that only predicts: one tile of rows; more would buy memory, not speed. */
const inferenceBatch = 4;

/** What training needs beyond the forward pass. */
export interface TrainingParts {
  readonly plan: TrainingPlan;
  readonly optimiser: OptimiserState;
  readonly batchSize: number;
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

/**
 * Compiles a request. Pure and cheap: no memory is allocated and no number of the model is needed.
 * @throws FtteError `plan-invalid`, `model-invalid`
 */
export function compileSchedule(request: ProgramRequest, enough?: number): Compiled {
  const { model } = request;
  const layout = parameterLayout(model);
  if (layout.size === 0) throw new FtteError('model-invalid', 'the model has no parameters');
  const batchSize = request.batchSize ?? defaultBatchSize;
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new FtteError('plan-invalid', `batch size is ${batchSize}, wants a whole number of 1 or more`);
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
    const accumulate = microBatch < batchSize;
    const optimiser = optimiserState(spec, schedule, plan.size, accumulate);
    gradients = new GradientStore(schedule, parameters, optimiser, plan.size, accumulate);
    training = { plan, optimiser, batchSize };
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

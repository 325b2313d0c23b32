import { FtteError } from '../platform';
import type { LayerSpec, ModelSpec, Shape } from '../task';
import { parameterLayout } from '../task/core';
import { Schedule } from './arena/schedule';
import { allocateView, clearHalo, type Halo, noHalo, type View } from './arena/view';
import type { MemoryReport, ProgramRequest } from './engine';
import { type EmitBackward, type LayerModule, layerModule } from './layers';
import { allocateTarget, emitLoss, type TargetSite } from './losses';
import { type OptimiserState, optimiserState } from './optimisers/optimiser';
import { ParameterStore } from './parameter-store';
import { GradientStore, type ParameterSite } from './parameters';
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
export interface Compiled {
  readonly model: ModelSpec;
  readonly schedule: Schedule;
  readonly memory: MemoryReport;
  readonly parameters: ParameterStore;
  readonly parameterCount: number;
  readonly microBatch: number;
  readonly input: View;
  readonly target: TargetSite;
  /** Logits, and after an evaluation probabilities; or values. */
  readonly output: View;
  readonly training: TrainingParts | undefined;
}

/** A layer with its module and place. */
interface Stage {
  readonly spec: LayerSpec;
  readonly module: LayerModule<LayerSpec>;
  /** A ReLU that the pooling after it does on the way: nothing is emitted for it. */
  readonly skipped: boolean;
  readonly relu: boolean;
}

/**
 * Compiles a request. Pure and cheap: no memory is allocated and no number of the model is needed.
 * @throws FtteError `plan-invalid`, `model-invalid`
 */
export function compileSchedule(request: ProgramRequest): Compiled {
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
    const optimiser = optimiserState(spec, schedule, plan.size);
    const accumulate = microBatch < batchSize;
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
  const memory = schedule.plan();
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

/** Emits forward pass, loss and, down to the deepest trained layer, backward pass. */
function emitPasses(
  schedule: Schedule,
  model: ModelSpec,
  batch: number,
  sitesOf: (layer: number) => ParameterSite[],
): Pick<Compiled, 'input' | 'target' | 'output'> {
  const stages = stagesOf(model);
  const last = stages.length;
  const sites = stages.map((_, i) => sitesOf(i));
  const trainedAt = sites.findIndex((list) => list.some((site) => site.trained));
  const deepest = trainedAt < 0 ? Number.POSITIVE_INFINITY : trainedAt;
  const shapeAt = (edge: number): Shape => (edge === 0 ? model.input : model.shapes[edge - 1]!);
  const reshaped = (view: View, edge: number): View => ({ ...view, width: shapeAt(edge).at(-1)! });

  const haloAt = forwardHalos(stages);
  const input = allocateView(schedule, 'input', shapeAt(0), haloAt[0]!, batch);
  const target = allocateTarget(schedule, model, input, batch);
  // The program writes both before the first operation.
  schedule.touch([input.buffer, target.kind === 'labels' ? target.buffer : target.view.buffer]);
  clearHalo(schedule, 'forward', input);

  let x = input;
  const backwards = stages.map(({ spec, module, skipped, relu }, i): EmitBackward => {
    const y = module.inPlace
      ? reshaped(x, i + 1)
      : allocateView(schedule, 'activations', shapeAt(i + 1), haloAt[i + 1]!, batch);
    if (!module.inPlace) clearHalo(schedule, 'forward', y);
    const shapes = { inputShape: shapeAt(i), outputShape: shapeAt(i + 1) };
    const site = { spec, schedule, batch, x, y, relu, backward: i >= deepest, parameters: sites[i]! };
    x = y;
    return skipped ? () => {} : module.compile({ ...site, ...shapes });
  });
  const output = x;

  const gradientHalos = backwardHalos(stages, deepest);
  const gradientView = (edge: number): View => {
    let root = edge; // in-place layers share one buffer, shaped as the layer at the bottom wrote it
    while (root > 0 && stages[root - 1]!.module.inPlace) root--;
    const view = allocateView(schedule, 'activations', shapeAt(root), gradientHalos[edge]!, batch);
    return reshaped(view, edge);
  };
  // The gradient takes the logits' own place unless it needs a halo that they do not have.
  const plain = gradientHalos[last] === noHalo && output.example === output.size;
  let dy = deepest === Number.POSITIVE_INFINITY || plain ? output : gradientView(last);
  emitLoss(schedule, model, output, target, dy);
  if (dy !== output) clearHalo(schedule, 'backward', dy);

  for (let i = last - 1; i >= deepest; i--) {
    const { module } = stages[i]!;
    let dx: View | undefined;
    if (i > deepest) {
      dx = module.inPlace ? reshaped(dy, i) : gradientView(i);
      if (!module.inPlace) clearHalo(schedule, 'backward', dx);
    }
    backwards[i]!(dy, dx);
    if (dx) dy = dx;
  }
  return { input, target, output };
}

function stagesOf(model: ModelSpec): Stage[] {
  const isPool = (spec: LayerSpec | undefined) => spec?.type === 'maxpool1d';
  return model.layers.map((spec, i) => ({
    spec,
    module: layerModule(spec),
    skipped: spec.type === 'relu' && isPool(model.layers[i + 1]),
    relu: isPool(spec) && model.layers[i - 1]?.type === 'relu',
  }));
}

/** Halo of each edge's value: what the layer that reads it asks for, through layers that work in place. */
function forwardHalos(stages: readonly Stage[]): Halo[] {
  const halos: Halo[] = new Array(stages.length + 1).fill(noHalo);
  for (let i = stages.length - 1; i >= 0; i--) {
    const { spec, module } = stages[i]!;
    halos[i] = module.inPlace ? halos[i + 1]! : (module.halo?.(spec) ?? noHalo);
  }
  return halos;
}

/** Halo of each edge's gradient: what the layer that wrote the value asks for, if it has to pass a gradient on. */
function backwardHalos(stages: readonly Stage[], deepest: number): Halo[] {
  const halos: Halo[] = [noHalo];
  stages.forEach(({ spec, module }, i) => {
    const own = i > deepest ? module.gradientHalo?.(spec) : undefined;
    halos.push(module.inPlace ? halos[i]! : normalised(own));
  });
  return halos;
}

const normalised = (halo: Halo | undefined): Halo => (halo && (halo.before || halo.after) ? halo : noHalo);

import { planMemory } from '../../gateway/engine';
import {
  densePlan,
  initialParameters,
  type ModelSpec,
  type Plan,
  parameterLayout,
  resolveModel,
  type Shape,
  sizeOf,
} from '../../gateway/model';
import { FtteError } from '../../gateway/platform';
import { selectPlan } from '../../gateway/selection';
import { type Optimiser, type PresetName, type PresetSize, presetLayers } from '../../gateway/task';
import { type BenchModel, batchSize, benchModels, benchPlan, planCases } from '../support/bench-models';

const plainSgd: Optimiser = { kind: 'sgd', momentum: 0 };
/** Budgets in percent of the memory that training everything at the whole batch takes. */
const budgets = [50, 25, 12] as const;

/** A plan to measure. */
export interface PlannedCase {
  readonly name: string;
  readonly plan: Plan;
  /** Whether it trains whole tensors at the whole batch, as an engine without channels and micro-batches can. */
  readonly plain: boolean;
}

/** A model to measure, and its plans. */
export interface ModelCase {
  readonly name: string;
  readonly model: ModelSpec;
  readonly plans: readonly PlannedCase[];
  /** Reasons of the budgets without a plan. */
  readonly without: readonly string[];
}

/** Inputs of the presets: a window of HAPT, or a beat of MIT-BIH and a picture of CIFAR-10 for the presets made for them. */
const inputs: Record<PresetName, { readonly input: Shape; readonly classes: number }> = {
  features: { input: [128, 6], classes: 6 },
  'features-mlp': { input: [128, 6], classes: 6 },
  hybrid: { input: [128, 6], classes: 6 },
  mlp: { input: [128, 6], classes: 6 },
  cnn1d: { input: [128, 6], classes: 6 },
  'ds-cnn1d': { input: [187, 1], classes: 5 },
  gru: { input: [128, 6], classes: 6 },
  lstm: { input: [128, 6], classes: 6 },
  autoencoder1d: { input: [128, 6], classes: 0 },
  'mobilenet-tiny': { input: [1024, 3], classes: 10 },
};

/** A reference model with its plans by tensors. */
export function referenceCase(name: BenchModel): ModelCase {
  const plans = planCases.map((each) => ({
    name: each.name,
    plan: benchPlan(name, each),
    plain: each.microBatch === batchSize,
  }));
  return { name: `har-${name}`, model: benchModels[name], plans, without: [] };
}

/** A preset with the dense plan, and with the plans of the strategy `magnitude` for three budgets. */
export function presetCase(preset: PresetName, size: PresetSize): ModelCase {
  const { input, classes } = inputs[preset];
  const reconstructs = classes === 0;
  const outputs = reconstructs ? sizeOf(input) : classes;
  const model = resolveModel(
    input,
    presetLayers(preset, size, outputs, input),
    outputs,
    reconstructs ? 'mean-squared-error' : 'softmax-cross-entropy',
    { kind: reconstructs ? 'input' : 'class' },
  );
  const full = densePlan(parameterLayout(model), batchSize);
  const { peakBytes } = planMemory({ model, plan: full, optimiser: plainSgd, batchSize });
  const parameters = initialParameters(model, 1);
  const plans: PlannedCase[] = [{ name: 'full', plan: full, plain: true }];
  const without: string[] = [];
  for (const percent of budgets) {
    const budgetBytes = Math.floor((percent / 100) * peakBytes);
    const request = { model, optimiser: plainSgd, batchSize, budgetBytes, parameters };
    try {
      const { plan } = selectPlan({ ...request, strategy: 'magnitude' });
      plans.push({ name: `${percent} %`, plan, plain: false });
    } catch (error) {
      if (!(error instanceof FtteError) || error.code !== 'budget-too-small') throw error;
      without.push(`${preset}-${size} at ${percent} %: ${error.message}`);
    }
  }
  return { name: `${preset}-${size}`, model, plans, without };
}

/** A model and a plan as JSON, for a process of another language. */
export function describeCase({ model }: ModelCase, { plan }: PlannedCase): string {
  const { tensors } = parameterLayout(model);
  const trained = plan.entries.map(({ tensor }) => [tensors[tensor]!.layer, tensors[tensor]!.role]);
  const { input, layers, names, loss, outputs } = model;
  return JSON.stringify({ input, layers, names, loss, outputs, batch: batchSize, trained });
}

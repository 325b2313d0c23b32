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
import { type BenchModel, batchSize, benchModels, benchPlan, planCases } from './engine-cases';

const plainSgd: Optimiser = { kind: 'sgd', momentum: 0 };
/** Budgets in percent of what training everything at the whole batch takes. */
const budgets = [50, 25, 12] as const;

/** One way of training a model, to be measured. */
export interface PlannedCase {
  readonly name: string;
  readonly plan: Plan;
  /** Whole tensors at the whole batch: what an engine without channels and micro-batches can do too. */
  readonly plain: boolean;
}

export interface ModelCase {
  readonly name: string;
  readonly model: ModelSpec;
  readonly plans: readonly PlannedCase[];
  /** Why a budget has no plan. */
  readonly without: readonly string[];
}

/** A window of HAPT for most; a beat of MIT-BIH and a picture of CIFAR-10 for what is made for them. */
const inputs: Record<PresetName, { readonly input: Shape; readonly classes: number }> = {
  mlp: { input: [128, 6], classes: 6 },
  cnn1d: { input: [128, 6], classes: 6 },
  'ds-cnn1d': { input: [187, 1], classes: 5 },
  gru: { input: [128, 6], classes: 6 },
  autoencoder1d: { input: [128, 6], classes: 0 },
  'mobilenet-tiny': { input: [1024, 3], classes: 10 },
};

/** The two models that were measured from the start, with plans by tensors. */
export function referenceCase(name: BenchModel): ModelCase {
  const plans = planCases.map((each) => ({
    name: each.name,
    plan: benchPlan(name, each),
    plain: each.microBatch === batchSize,
  }));
  return { name: `har-${name}`, model: benchModels[name], plans, without: [] };
}

/** A preset, trained in full and by the plans that the largest channels make for three budgets. */
export function presetCase(preset: PresetName, size: PresetSize): ModelCase {
  const { input, classes } = inputs[preset];
  const rebuilds = classes === 0;
  const outputs = rebuilds ? sizeOf(input) : classes;
  const model = resolveModel(
    input,
    presetLayers(preset, size, outputs, input),
    outputs,
    rebuilds ? 'mean-squared-error' : 'softmax-cross-entropy',
    { kind: rebuilds ? 'input' : 'class' },
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

/** What a process of another language needs to build the model, as JSON. */
export function describeCase({ model }: ModelCase, { plan }: PlannedCase): string {
  const { tensors } = parameterLayout(model);
  const trained = plan.entries.map(({ tensor }) => [tensors[tensor]!.layer, tensors[tensor]!.role]);
  const { input, layers, names, loss, outputs } = model;
  return JSON.stringify({ input, layers, names, loss, outputs, batch: batchSize, trained });
}

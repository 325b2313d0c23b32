import {
  type ImportanceScores,
  initialParameters,
  type ModelSpec,
  type Plan,
  parameterLayout,
  planSegments,
  resolveModel,
} from '../../../gateway/model';
import { FtteError } from '../../../gateway/platform';
import { type SelectionRequest, selectionUnits, selectPlan } from '../../../gateway/selection';
import { type Optimiser, presetLayers } from '../../../gateway/task';
import { smallModels } from '../../support/engine/models';

export const momentum: Optimiser = { kind: 'sgd', momentum: 0.9 };
const adam: Optimiser = { kind: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };
export const optimisers: readonly Optimiser[] = [{ kind: 'sgd', momentum: 0 }, momentum, adam];

export const wearable = resolveModel(
  [128, 6],
  presetLayers('cnn1d', 'M', 6, [128, 6]),
  6,
  'softmax-cross-entropy',
);
export const models: readonly ModelSpec[] = [wearable, ...smallModels.map(([, model]) => model)];

/** For 32 windows at a time, by magnitude, unless the rest says otherwise. */
export const request = (model: ModelSpec, budgetBytes: number, rest: Partial<SelectionRequest> = {}) => ({
  model,
  optimiser: momentum,
  batchSize: 32,
  budgetBytes,
  parameters: initialParameters(model, 1),
  strategy: 'magnitude' as const,
  ...rest,
});

/** The tensors that are trained inside the budget. */
export const namesOf = (model: ModelSpec, budgetBytes: number) =>
  selectPlan(request(model, budgetBytes)).plan.entries.map(
    ({ tensor }) => parameterLayout(model).tensors[tensor]?.name,
  );

/** The strategies that cut a ranking where the budget ends. */
export const rankings = ['magnitude', 'deepest', 'contribution', 'gradient', 'dynamic'] as const;

/** Coordinates of the flat vector that the plan trains. */
export const coordinates = (model: ModelSpec, plan: Plan): Set<number> =>
  new Set(
    planSegments(parameterLayout(model), plan).flatMap(({ offset, length }) =>
      Array.from({ length }, (_, i) => offset + i),
    ),
  );

/** The error that refuses the request. @throws when it is not refused */
export const refusal = (select: () => unknown): FtteError => {
  try {
    select();
  } catch (error) {
    if (error instanceof FtteError) return error;
    throw error;
  }
  throw new Error('was not refused');
};

/** Importance scores as a coordinator may have measured it, from a few numbers. */
export const importanceOf = (model: ModelSpec, numbers: readonly number[]): ImportanceScores => {
  const units = selectionUnits(parameterLayout(model));
  const number = (i: number) => numbers[i % numbers.length]!;
  const tensors = [...new Set(units.map(({ tensor }) => tensor))];
  return {
    version: 0,
    gradients: Uint8Array.from(units, (_, i) => number(i)),
    gains: tensors.map((tensor, i) => ({
      tensor,
      gains: Array.from(
        { length: units.some((unit) => unit.tensor === tensor && unit.channel === undefined) ? 1 : 4 },
        (_, j) => (number(3 * i + j) - 60) / 1000,
      ),
    })),
  };
};

/** The least budget at which nothing is refused, as the refusal itself says. */
export const leastBudget = (model: ModelSpec, rest: Partial<SelectionRequest> = {}) =>
  Number(refusal(() => selectPlan(request(model, 1, rest))).details['neededBytes']);

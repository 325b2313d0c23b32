import type { Samples, Trainer } from '../../engine';
import { type ModelSpec, parameterLayout, planSegments, scatterAdd } from '../../model';
import { allFinite, FtteError } from '../../platform';
import type { PlanRequest, Selection } from '../../selection';
import {
  calibrated,
  drawBalance,
  gradientLimit,
  labelEvenness,
  localRate,
  resolveAugmentation,
  type Task,
} from '../../task';
import { closest, compare, labelsOf } from './gate';
import { mixed, mixtures } from './mixture';
import type { PersonalComparison } from './personal-report';
import type { TimeSplit } from './split-by-time';

/** Everything that an adaptation starts from. */
export interface AdaptationRequest {
  readonly task: Task;
  readonly model: ModelSpec;
  /** The shared model, flat. */
  readonly parameters: Float32Array;
  /** Own windows, divided by time; in each one the later windows judge what the earlier ones have adapted. */
  readonly splits: readonly TimeSplit[];
  /** Windows as a trainer takes them. */
  readonly batch: (windows: TimeSplit['adapt']) => Samples;
  readonly seed: number;
  /** Memory that the training program may use, bytes. */
  readonly budgetBytes: number;
}

/** The mixture of shared and adapted models to use, and how it compares with the shared one on the windows that judge. */
export interface Adaptation extends Pick<Change, 'trainedShare'> {
  readonly mixture: number;
  readonly comparison: PersonalComparison;
}

/** The difference that own windows make to the shared model. */
export interface Change {
  /** Adapted minus shared, flat. */
  readonly change: Float32Array;
  readonly trainedShare: number;
}

/** Steps that an adaptation should make. With few windows, they are passed over more often. */
const wantedSteps = 160;
const fewestPasses = 12;
const mostPasses = 60;
/**
 * Probability that a label counts as which a person has not had so far (see `labelOffsets`): above that of a round, because
 * nobody else's updates keep the labels apart that the person has from those that may come.
 */
const leastOwn = 0.05;
/** The time after which an adaptation ends with what it has, in the thread that trains. */
const longestMs = 60_000;

/**
 * Trains the shared model on own windows, and chooses a mixture of both by windows that came later (see `closest`). As much
 * of the model is trained as fits the budget, from the output backwards.
 * @param trainer configured by this function, and free afterwards
 * @throws FtteError `budget-too-small`, `update-rejected` if the training diverged, or as the trainer
 */
export async function adaptModel(
  request: AdaptationRequest,
  trainer: Trainer,
  choosePlan: (request: PlanRequest) => Selection | Promise<Selection>,
): Promise<Adaptation> {
  const { model, parameters, splits, batch } = request;
  const labels: number[] = [];
  const before: number[] = [];
  const after: number[][] = mixtures.map(() => []);
  let trainedShare = 0;
  for (const { adapt, keptOut } of splits) {
    if (adapt.length === 0 || keptOut.length === 0) continue;
    const made = await changeBy(batch(adapt), request, trainer, choosePlan);
    trainedShare = made.trainedShare;
    await trainer.configure({ model });
    const windows = batch(keptOut);
    labels.push(...windows.y);
    before.push(...(await answers(trainer, parameters, windows)));
    for (const [i, mixture] of mixtures.entries())
      after[i]!.push(...(await answers(trainer, await mixed(parameters, made.change, mixture), windows)));
  }
  const y = Uint16Array.from(labels);
  const shared = Uint16Array.from(before);
  const comparisons = after.map((own) => compare(y, shared, Uint16Array.from(own)));
  const best = closest(comparisons);
  return { mixture: mixtures[best]!, comparison: comparisons[best]!, trainedShare };
}

/**
 * Trains the shared model on own windows.
 * @throws FtteError as `adaptModel`
 */
export async function changeBy(
  windows: Samples,
  request: Omit<AdaptationRequest, 'splits' | 'batch'>,
  trainer: Trainer,
  choosePlan: (request: PlanRequest) => Selection | Promise<Selection>,
): Promise<Change> {
  const { task, model, parameters, seed, budgetBytes } = request;
  const { optimiser, batchSize, frozen } = task.training;
  const selection = await choosePlan({
    ...{ model, optimiser, batchSize, frozen, budgetBytes },
    strategy: 'deepest',
    seed: task.seed,
  });
  const { plan } = selection;
  await trainer.configure({ model, plan, optimiser, batchSize, frozen, budgetBytes });
  await trainer.setParameters(calibrated(parameters, model, task, windows.y, leastOwn));
  const { delta } = await trainer.train(windows, {
    epochs: passes(windows.count, batchSize),
    learningRate: localRate(task, 0, labelEvenness(windows.y, task.labels.length)),
    seed,
    augmentation: resolveAugmentation(task),
    balance: drawBalance(task),
    gradientLimit: gradientLimit(task),
    maxMs: longestMs,
  });
  if (!allFinite(delta))
    throw new FtteError('update-rejected', 'the adaptation gave numbers that are not finite');
  const change = new Float32Array(parameters.length);
  scatterAdd(change, planSegments(parameterLayout(model), plan), delta);
  return { change, trainedShare: selection.trainedShare };
}

/** Compares the shared model and a mixture on windows. @param trainer has a program of the model */
export async function judge(
  trainer: Trainer,
  shared: Float32Array,
  personal: Float32Array,
  windows: Samples,
): Promise<PersonalComparison> {
  const before = await answers(trainer, shared, windows);
  return compare(windows.y, before, await answers(trainer, personal, windows));
}

async function answers(trainer: Trainer, parameters: Float32Array, { x, count }: Samples) {
  await trainer.setParameters(parameters);
  return labelsOf(await trainer.predict(x, count), count);
}

const passes = (windows: number, batchSize: number) =>
  Math.min(mostPasses, Math.max(fewestPasses, Math.ceil((wantedSteps * batchSize) / Math.max(1, windows))));

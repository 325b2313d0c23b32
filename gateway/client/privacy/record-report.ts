import { createAggregator, noiseLimits } from '../../coordinator';
import { choosePlan } from '../../participant';
import { FtteError, type Resumable } from '../../platform';
import { noiseInSteps, spentInSteps } from '../../privacy';
import { privateRound, type RecordPrivacy, type Task, taskModel } from '../../task';
import { budgetWarnings, type PrivacyFigures } from './privacy-figures';
import type { PrivacyQuestion } from './privacy-question';

/** Shares of the rounds at which the spent epsilon is shown. */
const moments = [0.01, 0.1, 0.25, 0.5, 1] as const;

/** The costs of differential privacy of records for a task, before anything runs. */
export interface RecordReport extends PrivacyFigures {
  readonly level: 'record';
  /** Samples of a gateway, and the number that its updates say. */
  readonly samples: number;
  readonly saidSamples: number;
  /** Steps of a round, and the probability with which each takes a sample. */
  readonly steps: number;
  readonly rate: number;
  readonly rounds: number;
  /** Epsilon after some of the rounds. */
  readonly spent: readonly { readonly rounds: number; readonly epsilon: number }[];
}

/**
 * Calculates what the privacy of records of a task costs.
 * @throws FtteError `budget-too-small`; `config-invalid` if no noise keeps the budget
 */
export function* recordReport(
  task: Task & { readonly privacy: RecordPrivacy },
  { gateways, samples, budgetBytes, uses, ...question }: PrivacyQuestion,
): Resumable<RecordReport> {
  const { epsilon, delta, rounds } = task.privacy;
  const { samples: saidSamples, steps, rate, batch } = privateRound(task, samples)!; // the task has privacy
  const noise = yield* noiseInSteps({ epsilon, delta, rate, steps: steps * rounds });
  if (noise === undefined) {
    throw new FtteError('config-invalid', `privacy: no noise keeps epsilon ${epsilon} for ${rounds} rounds`);
  }
  const trainedParameters =
    question.trainedParameters ?? choosePlan(task, taskModel(task), budgetBytes, 0).trainedParameters;
  const bufferSize = Math.min(createAggregator(task.aggregation).capacity(gateways), gateways);
  // Noise of steps and gateways is independent, and its norm grows with their root; what they learn adds up.
  const noiseShare = (noise * Math.sqrt(trainedParameters)) / (batch * Math.sqrt(steps * bufferSize));
  const at = [...new Set(moments.map((share) => Math.max(1, Math.round(share * rounds))))];
  const epsilonOf = (count: number) =>
    spentInSteps([{ noise, rate, steps: steps * count }], delta, epsilon * 1e-3);
  const spent: { rounds: number; epsilon: number }[] = [];
  for (const count of at) spent.push({ rounds: count, epsilon: yield* epsilonOf(count) });
  const noiseWarning = noiseWarningOf(noiseShare);
  return {
    level: 'record',
    task: task.name,
    ...{ epsilon, delta, gateways, samples, saidSamples, steps, rate, noise, rounds, bufferSize },
    versions: Math.floor((gateways * rounds) / bufferSize),
    trainedParameters,
    noiseShare,
    spent,
    spentByUses: yield* epsilonOf(Math.min(uses ?? rounds, rounds)),
    warnings: [
      ...(noiseWarning === undefined ? [] : [{ code: 'noise', text: noiseWarning, values: {} } as const]),
      ...budgetWarnings({ epsilon, delta }, 'samples', samples),
      ...(rate === 1 ? [{ code: 'all-drawn', text: allDrawn, values: {} } as const] : []),
    ],
  };
}

const allDrawn =
  'A step takes all samples of a gateway, so nothing is gained by drawing them: smaller batches or more samples need less noise.';

function noiseWarningOf(noiseShare: number): string | undefined {
  const { destructive, costly } = noiseLimits;
  if (noiseShare < costly) return undefined;
  const effect = noiseShare >= destructive ? 'it would destroy the model' : 'expect a loss of accuracy';
  return `The noise of a version is at least ${Number(noiseShare.toPrecision(2))} of what it can learn: ${effect}. More gateways in a version (aggregation.bufferSize), more samples, larger batches (training.batchSize), fewer rounds, a smaller model or a larger epsilon reduce it.`;
}

import { createAggregator, noiseLimits } from '../../coordinator';
import { choosePlan } from '../../participant';
import { FtteError, type Resumable } from '../../platform';
import { noiseInSteps, spentInSteps } from '../../privacy';
import { privateRound, type RecordPrivacy, type Task, taskModel } from '../../task';
import type { PrivacyQuestion } from './privacy-question';

/** Shares of the rounds at which the spent epsilon is shown. */
const moments = [0.01, 0.1, 0.25, 0.5, 1] as const;

/** The costs of differential privacy of records for a task, before anything runs. */
export interface RecordReport {
  readonly level: 'record';
  readonly task: string;
  readonly epsilon: number;
  readonly delta: number;
  readonly gateways: number;
  /** Samples of a gateway, and the number that its updates say. */
  readonly samples: number;
  readonly saidSamples: number;
  /** Steps of a round, and the probability with which each takes a sample. */
  readonly steps: number;
  readonly rate: number;
  /** Deviation of a step's noise over the clipping norm. */
  readonly noise: number;
  readonly rounds: number;
  /** Contributions of a version, and versions until the budgets of all gateways are spent. */
  readonly bufferSize: number;
  readonly versions: number;
  readonly trainedParameters: number;
  /**
   * Norm of the noise in a version over the norm of the change if the gradients of all samples had the clipping norm and one
   * direction. Real gradients do not: it is a lower limit.
   */
  readonly noiseShare: number;
  /** Epsilon after some of the rounds. */
  readonly spent: readonly { readonly rounds: number; readonly epsilon: number }[];
  /** Epsilon after the number of rounds that was asked for. */
  readonly spentByUses: number;
  readonly warnings: readonly string[];
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
  return {
    level: 'record',
    task: task.name,
    ...{ epsilon, delta, gateways, samples, saidSamples, steps, rate, noise, rounds, bufferSize },
    versions: Math.floor((gateways * rounds) / bufferSize),
    trainedParameters,
    noiseShare,
    spent,
    spentByUses: yield* epsilonOf(Math.min(uses ?? rounds, rounds)),
    warnings: warningsOf(task, { samples, noiseShare, rate }),
  };
}

function warningsOf(
  { privacy: { epsilon, delta } }: { readonly privacy: RecordPrivacy },
  { samples, noiseShare, rate }: Pick<RecordReport, 'samples' | 'noiseShare' | 'rate'>,
): string[] {
  const remedies =
    'More gateways in a version (aggregation.bufferSize), more samples, larger batches (training.batchSize), fewer rounds, a smaller model or a larger epsilon reduce it.';
  const share = Number(noiseShare.toPrecision(2));
  const { destructive, costly } = noiseLimits;
  return [
    ...(noiseShare >= destructive
      ? [
          `The noise of a version is at least ${share} of what it can learn: it would destroy the model. ${remedies}`,
        ]
      : noiseShare >= costly
        ? [
            `The noise of a version is at least ${share} of what it can learn: expect a loss of accuracy. ${remedies}`,
          ]
        : []),
    ...(delta * samples > 1e-2
      ? [`delta is ${delta}, expected less than a hundredth of one in ${samples} samples.`]
      : []),
    ...(epsilon > 10 ? [`An epsilon of ${epsilon} promises little: 8 or less is usual.`] : []),
    ...(rate === 1
      ? [
          'A step takes all samples of a gateway, so that nothing is gained by drawing them: smaller batches, or more samples.',
        ]
      : []),
  ];
}

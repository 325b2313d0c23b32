import { expectedNoise, noiseWarning, separationWarning } from '../../coordinator';
import { choosePlan } from '../../participant';
import { bandNorm, composedMu, gaussianEpsilon } from '../../privacy';
import { type GatewayPrivacy, type Task, taskModel, updateClip } from '../../task';
import type { PrivacyQuestion } from './privacy-question';

/** Shares of the updates at which the spent epsilon is shown. */
const moments = [0.05, 0.1, 0.25, 0.5, 1] as const;

/** The costs of differential privacy of gateways for a task, before anything runs. */
export interface GatewayReport {
  readonly level: 'gateway';
  readonly task: string;
  readonly epsilon: number;
  readonly delta: number;
  readonly gateways: number;
  /** Norm to which an update is clipped, and updates of a gateway that are used. */
  readonly clip: number;
  readonly contributions: number;
  /** Contributions of a version, versions between two uses of a gateway, and versions over which noise is correlated. */
  readonly bufferSize: number;
  readonly separation: number;
  readonly band: number;
  /** Deviation of the noise of a version's sum over the clipping norm, if it is independent. */
  readonly noise: number;
  /** Versions until the budgets of all gateways are spent. */
  readonly versions: number;
  readonly trainedParameters: number;
  /** Norm of the noise in the last version over the longest way that the updates can lead: a lower limit. */
  readonly noiseShare: number;
  /** Epsilon after some of the updates of a gateway. */
  readonly spent: readonly { readonly contributions: number; readonly epsilon: number }[];
  /** Epsilon after the number of updates that was asked for. */
  readonly spentByUses: number;
  readonly warnings: readonly string[];
}

/**
 * Calculates what the privacy of gateways of a task costs.
 * @throws FtteError `budget-too-small`
 */
export function gatewayReport(
  task: Task & { readonly privacy: GatewayPrivacy },
  { gateways, budgetBytes, uses, ...question }: PrivacyQuestion,
): GatewayReport {
  const { privacy, aggregation } = task;
  const { epsilon, delta, contributions } = privacy;
  const trainedParameters =
    question.trainedParameters ?? choosePlan(task, taskModel(task), budgetBytes, 0).trainedParameters;
  const expected = expectedNoise(privacy, aggregation.bufferSize, gateways, trainedParameters);
  const { bufferSize, separation, band, noise, versions, noiseShare } = expected;
  const at = [...new Set(moments.map((share) => Math.max(1, Math.round(share * contributions))))];
  const epsilonOf = (count: number) => gaussianEpsilon(composedMu(count, noise / bandNorm(band)), delta);
  return {
    level: 'gateway',
    task: task.name,
    ...{ epsilon, delta, gateways, clip: updateClip(privacy), contributions },
    ...{ bufferSize, separation, band, noise, versions, trainedParameters, noiseShare },
    spent: at.map((count) => ({
      contributions: count,
      epsilon: epsilonOf(count),
    })),
    spentByUses: epsilonOf(Math.min(uses ?? contributions, contributions)),
    warnings: [
      separationWarning(expected, gateways),
      noiseWarning(expected, gateways),
      delta * gateways > 1e-2
        ? `delta is ${delta}, expected less than a hundredth of one in ${gateways} gateways.`
        : undefined,
      epsilon > 10 ? `An epsilon of ${epsilon} promises little: 8 or less is usual.` : undefined,
    ].flatMap((text) => (text === undefined ? [] : [sentence(text)])),
  };
}

const sentence = (text: string) =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;

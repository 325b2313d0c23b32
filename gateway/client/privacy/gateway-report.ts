import { expectedNoise, noiseWarning, separationWarning } from '../../coordinator';
import { choosePlan } from '../../participant';
import { bandNorm, composedMu, gaussianEpsilon } from '../../privacy';
import { type GatewayPrivacy, type Task, taskModel, updateClip } from '../../task';
import { budgetWarnings, type PrivacyFigures, sentence } from './privacy-figures';
import type { PrivacyQuestion } from './privacy-question';

/** Shares of the updates at which the spent epsilon is shown. */
const moments = [0.05, 0.1, 0.25, 0.5, 1] as const;

/** The costs of differential privacy of gateways for a task, before anything runs. */
export interface GatewayReport extends PrivacyFigures {
  readonly level: 'gateway';
  /** Norm to which an update is clipped, and updates of a gateway that are used. */
  readonly clip: number;
  readonly contributions: number;
  /** Versions between two uses of a gateway, and versions over which noise is correlated. */
  readonly separation: number;
  readonly band: number;
  /** Epsilon after some of the updates of a gateway. */
  readonly spent: readonly { readonly contributions: number; readonly epsilon: number }[];
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
  const tooFew = separationWarning(expected, gateways);
  const tooLoud = noiseWarning(expected, gateways);
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
      ...(tooFew === undefined
        ? []
        : [
            {
              code: 'separation',
              text: sentence(tooFew),
              values: { bufferSize, separation, gateways },
            } as const,
          ]),
      ...(tooLoud === undefined ? [] : [{ code: 'noise', text: sentence(tooLoud), values: {} } as const]),
      ...budgetWarnings({ epsilon, delta }, 'gateways', gateways),
    ],
  };
}

import { z } from 'zod';
import { type PrivacyReport, type PrivacyWarning, privacyReportInSteps } from '../../gateway/client';
import { noiseLimits } from '../../gateway/coordinator';
import { parameterLayout } from '../../gateway/model';
import { checkSchema, FtteError, runAsync, yieldToEventLoop } from '../../gateway/platform';
import { type Task, taskModel } from '../../gateway/task';

/** The costs of a task's privacy, for the dialog. */
export interface PrivacyCosts
  extends Pick<PrivacyReport, 'level' | 'epsilon' | 'noise' | 'bufferSize' | 'noiseShare'> {
  /** Rounds, or updates, of a gateway in a month, and the epsilon that they spend. */
  readonly month: { readonly uses: number; readonly epsilon: number };
  /** Days until the budget is spent. */
  readonly days: number;
  /** The effect of the noise on the model. */
  readonly accuracy: 'little' | 'some' | 'ruin';
  /** Everything else that is probably wrong. */
  readonly warnings: readonly Pick<PrivacyWarning, 'code' | 'values'>[];
}

/** A budget that no noise keeps for a fleet, so that its gateways train no round. It may be possible for others. */
export interface ImpossibleBudget {
  readonly impossible: { readonly epsilon: number; readonly rounds: number };
}

/** A fleet for which no costs can be calculated. */
export interface WrongFleet {
  readonly wrong: keyof typeof bounds;
  /** The expected numbers; `isWhole`: no fractions. */
  readonly least: number;
  readonly most: number;
  readonly isWhole: boolean;
  /** The value that came. */
  readonly got: string;
}

/** The fleets of which costs are calculated. */
const bounds = {
  gateways: { least: 1, most: 1e6, isWhole: true },
  samples: { least: 1, most: 1e6, isWhole: true },
  roundsPerDay: { least: 1e-3, most: 1e5, isWhole: false },
} as const;

const numberOf = ({ least, most, isWhole }: (typeof bounds)[keyof typeof bounds]) => {
  const number = z.number().min(least).max(most);
  return isWhole ? number.int() : number;
};

/** The fleet of an example; what is left out is that of a small federation. */
const fleetSchema = z.object({
  gateways: numberOf(bounds.gateways).default(20),
  samples: numberOf(bounds.samples).default(500),
  roundsPerDay: numberOf(bounds.roundsPerDay).default(1),
});
const daysOfMonth = 30;

/** Calculates the costs for gateways that train the whole model. Undefined for a task without privacy. */
export async function privacyCosts(
  task: Task,
  fleet: unknown,
): Promise<PrivacyCosts | WrongFleet | ImpossibleBudget | undefined> {
  const { privacy } = task;
  if (!privacy) return undefined;
  const { issue, data } = checkSchema(fleetSchema, fleet);
  if (issue) {
    const wrong = (Object.keys(bounds) as (keyof typeof bounds)[]).find((field) => field === issue.field);
    // The dialog sends an object: this is a request of something else.
    if (!wrong) throw new FtteError('config-invalid', [issue.field, issue.text].filter(Boolean).join(': '));
    return { wrong, ...bounds[wrong], got: String((fleet as Record<string, unknown>)[wrong]).slice(0, 40) };
  }
  const { gateways, samples, roundsPerDay } = data;
  const { size } = parameterLayout(taskModel(task));
  const uses = Math.max(1, Math.round(daysOfMonth * roundsPerDay));
  const question = { gateways, samples, budgetBytes: Number.MAX_SAFE_INTEGER, trainedParameters: size, uses };
  let report: PrivacyReport | undefined;
  try {
    report = await runAsync(privacyReportInSteps(task, question), yieldToEventLoop);
  } catch (error) {
    if (!(error instanceof FtteError && error.code === 'config-invalid') || privacy.level !== 'record')
      throw error;
    return { impossible: { epsilon: privacy.epsilon, rounds: privacy.rounds } };
  }
  if (!report) return undefined;
  const { level, epsilon, noise, bufferSize, noiseShare } = report;
  const all = report.level === 'record' ? report.rounds : report.contributions;
  return {
    ...{ level, epsilon, noise, bufferSize, noiseShare },
    warnings: report.warnings
      .filter(({ code }) => code !== 'noise')
      .map(({ code, values }) => ({ code, values })),
    month: { uses: Math.min(uses, all), epsilon: report.spentByUses },
    days: all / roundsPerDay,
    accuracy:
      noiseShare < noiseLimits.costly ? 'little' : noiseShare < noiseLimits.destructive ? 'some' : 'ruin',
  };
}

import { z } from 'zod';
import { type PrivacyReport, privacyReportInSteps } from '../../gateway/client';
import { noiseLimits } from '../../gateway/coordinator';
import { parameterLayout } from '../../gateway/model';
import { checkSchema, runAsync, yieldToEventLoop } from '../../gateway/platform';
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
  /** Sentences on everything else that is probably wrong. */
  readonly warnings: readonly string[];
}

/** A fleet for which no costs can be calculated: the field, what came and what was expected. */
export interface WrongFleet {
  readonly problem: string;
}

/** The fleet of an example; what is left out is that of a small federation. */
const fleetSchema = z.object({
  gateways: z.number().int().min(1).max(1e6).default(20),
  samples: z.number().int().min(1).max(1e6).default(500),
  roundsPerDay: z.number().min(1e-3).max(1e5).default(1),
});
const daysOfMonth = 30;

/** Calculates the costs for gateways that train the whole model. Undefined for a task without privacy. */
export async function privacyCosts(
  task: Task,
  fleet: unknown,
): Promise<PrivacyCosts | WrongFleet | undefined> {
  if (!task.privacy) return undefined;
  const { issue, data } = checkSchema(fleetSchema, fleet);
  if (issue) return { problem: [issue.field, issue.text].filter(Boolean).join(': ') };
  const { gateways, samples, roundsPerDay } = data;
  const { size } = parameterLayout(taskModel(task));
  const uses = Math.max(1, Math.round(daysOfMonth * roundsPerDay));
  const question = { gateways, samples, budgetBytes: Number.MAX_SAFE_INTEGER, trainedParameters: size, uses };
  const report = await runAsync(privacyReportInSteps(task, question), yieldToEventLoop);
  if (!report) return undefined;
  const { level, epsilon, noise, bufferSize, noiseShare } = report;
  const all = report.level === 'record' ? report.rounds : report.contributions;
  return {
    ...{ level, epsilon, noise, bufferSize, noiseShare },
    warnings: report.warnings.filter((text) => text !== report.noiseWarning),
    month: { uses: Math.min(uses, all), epsilon: report.spentByUses },
    days: all / roundsPerDay,
    accuracy:
      noiseShare < noiseLimits.costly ? 'little' : noiseShare < noiseLimits.destructive ? 'some' : 'ruin',
  };
}

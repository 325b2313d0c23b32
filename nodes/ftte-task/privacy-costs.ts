import { privacyReportInSteps } from '../../gateway/client';
import { noiseLimits } from '../../gateway/coordinator';
import { parameterLayout } from '../../gateway/model';
import { runAsync, yieldToEventLoop } from '../../gateway/platform';
import { type Task, taskModel } from '../../gateway/task';

/** The costs of a task's privacy, for the dialog. */
export interface PrivacyCosts {
  readonly level: 'record' | 'gateway';
  readonly epsilon: number;
  /** Rounds, or updates, of a gateway in a month, and the epsilon that they spend. */
  readonly month: { readonly uses: number; readonly epsilon: number };
  /** Days until the budget is spent. */
  readonly days: number;
  /** Deviation of the noise over the clipping norm. */
  readonly noise: number;
  readonly bufferSize: number;
  /** Share of the noise in what is learned, at least. */
  readonly noiseShare: number;
  readonly accuracy: 'little' | 'some' | 'ruin';
  readonly warnings: readonly string[];
}

const usual = { gateways: 20, samples: 500, roundsPerDay: 1 } as const;
const daysOfMonth = 30;

/** Calculates the costs for gateways that train the whole model. Undefined for a task without privacy. */
export async function privacyCosts(task: Task, fleet: unknown): Promise<PrivacyCosts | undefined> {
  const { gateways, samples, roundsPerDay } = readFleet(fleet);
  const { size } = parameterLayout(taskModel(task));
  const uses = Math.max(1, Math.round(daysOfMonth * roundsPerDay));
  const question = { gateways, samples, budgetBytes: Number.MAX_SAFE_INTEGER, trainedParameters: size, uses };
  const report = await runAsync(privacyReportInSteps(task, question), yieldToEventLoop);
  if (!report) return undefined;
  const { level, epsilon, noise, bufferSize, noiseShare, warnings } = report;
  const all = report.level === 'record' ? report.rounds : report.contributions;
  return {
    ...{ level, epsilon, noise, bufferSize, noiseShare, warnings },
    month: { uses: Math.min(uses, all), epsilon: report.spentByUses },
    days: all / roundsPerDay,
    accuracy:
      noiseShare < noiseLimits.costly ? 'little' : noiseShare < noiseLimits.destructive ? 'some' : 'ruin',
  };
}

function readFleet(fleet: unknown): Record<keyof typeof usual, number> {
  const given = typeof fleet === 'object' && fleet !== null ? (fleet as Record<string, unknown>) : {};
  const read = (name: keyof typeof usual, most: number, least: number) => {
    const value = given[name];
    return typeof value === 'number' && value >= least && value <= most ? value : usual[name];
  };
  return {
    gateways: Math.round(read('gateways', 1e6, 1)),
    samples: Math.round(read('samples', 1e6, 1)),
    roundsPerDay: read('roundsPerDay', 1e5, 1e-3),
  };
}

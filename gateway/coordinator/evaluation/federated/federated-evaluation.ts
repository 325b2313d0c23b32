import { worstTenth } from '../../../metrics';
import type { Task } from '../../../task';
import type { Evaluation } from '../../../wire';
import { median } from '../../aggregation/weights';
import type { FederatedQuality } from '../../reports';
import { confidence } from './confidence';
import type { LabelReports } from './label-reports';
import { balanced, sumOf } from './label-table';

/** Versions after which the evaluation of a gateway says nothing about the newest one. */
const mostAge = 20;
/** Windows of one gateway that count at most, and how far above the median. */
const mostWindows = 512;
const mostAboveMedian = 4;

interface Reported {
  readonly version: number;
  readonly evaluation: Evaluation;
}

/**
 * The quality of the model on windows that gateways hold out: the newest evaluation of each, weighted by its windows. What a
 * gateway reports is its word alone, so none counts more than four times the median gateway.
 */
export class FederatedEvaluation {
  private readonly newest = new Map<string, Reported>();

  /**
   * @param limit gateways whose evaluations are remembered
   * @param labels takes how often labels come, for a task whose rounds are to know it
   */
  constructor(
    private readonly task: Pick<Task, 'labels' | 'input'>,
    private readonly limit: number,
    private readonly labels?: LabelReports,
  ) {}

  /** Takes what a gateway has measured of a version. What does not fit the task is ignored: an update is none the worse for it. */
  take(gateway: string, version: number, evaluation: Evaluation): void {
    if (!isSound(evaluation, this.task.labels.length)) return;
    this.labels?.take(gateway, version, evaluation.counts);
    const known = this.newest.get(gateway);
    if (known && known.version > version) return;
    // The one that was silent for longest comes first.
    this.newest.delete(gateway);
    this.newest.set(gateway, { version, evaluation });
    if (this.newest.size > this.limit) this.newest.delete(this.newest.keys().next().value!);
  }

  /** Forgets what a gateway has measured: it is not among those of the federation any more, or not trusted. */
  forget(gateway: string): void {
    this.newest.delete(gateway);
    this.labels?.forget(gateway);
  }

  /** Forgets what was measured: the model is another one. Labels come as often as before. */
  clear(): void {
    this.newest.clear();
  }

  /** The quality as of a version; undefined if no gateway has measured a recent one. */
  quality(version: number): FederatedQuality | undefined {
    for (const [gateway, { version: measured }] of this.newest)
      if (version - measured > mostAge) this.newest.delete(gateway);
    const reports = [...this.newest.values()];
    if (reports.length === 0) return undefined;
    const weights = weightsOf(reports);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const loss = reports.reduce((sum, { evaluation }, i) => sum + weights[i]! * evaluation.loss, 0) / total;
    const versions = reports.map((report) => report.version);
    return {
      gateways: reports.length,
      windows: reports.reduce((sum, { evaluation }) => sum + evaluation.windows, 0),
      from: Math.min(...versions),
      to: Math.max(...versions),
      loss,
      ...this.accuracies(reports, weights),
    };
  }

  /** The newest evaluations as one, each with all of its windows; undefined if no gateway has measured a recent version. */
  sum(version: number): Evaluation | undefined {
    const reports = [...this.newest.values()].filter((report) => version - report.version <= mostAge);
    const windows = sum(reports.map(({ evaluation }) => evaluation.windows));
    if (windows === 0) return undefined;
    const tables = reports.map(({ evaluation }) => evaluation);
    const losses = sum(tables.map((one) => one.windows * one.loss));
    const { counts, right } = sumOf(tables, this.task.labels.length);
    return { windows, loss: losses / windows, counts: [...counts], right: [...right] };
  }

  private accuracies(
    reports: readonly Reported[],
    weights: readonly number[],
  ): Pick<
    FederatedQuality,
    'accuracy' | 'balancedAccuracy' | 'chance' | 'interval' | 'recalls' | 'worstTenth'
  > {
    const { labels, input } = this.task;
    if (labels.length === 0) return {};
    const tables = reports.map(({ evaluation: { windows, counts, right } }, i) => {
      const scale = weights[i]! / windows;
      return { counts: counts.map((n) => n * scale), right: right.map((n) => n * scale) };
    });
    const whole = sumOf(tables, labels.length);
    const recalls = labels.flatMap((label, l): [string, number][] =>
      whole.counts[l]! > 0 ? [[label, whole.right[l]! / whole.counts[l]!]] : [],
    );
    const balancedAccuracy = balanced(whole);
    const worst = tables.length > 1 ? worstTenth(tables.map(balanced)) : undefined;
    return {
      accuracy: sum(whole.right) / sum(whole.counts),
      balancedAccuracy,
      chance: 1 / recalls.length,
      ...(worst !== undefined && { worstTenth: worst }),
      recalls: Object.fromEntries(recalls),
      interval: confidence(balancedAccuracy, whole, tables, Math.min(1, input.hop / input.length)),
    };
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function weightsOf(reports: readonly Reported[]): number[] {
  const windows = reports.map(({ evaluation }) => Math.min(mostWindows, evaluation.windows));
  // Between two gateways nothing is limited, as in a buffer.
  if (windows.length < 3) return windows;
  const most = mostAboveMedian * median(windows);
  return windows.map((each) => Math.min(each, most));
}

/** Whether the numbers of an evaluation are those of some windows. */
function isSound({ windows, loss, counts, right }: Evaluation, labels: number): boolean {
  if (windows < 1 || !Number.isFinite(loss) || counts.length !== labels || right.length !== labels)
    return false;
  if (right.some((count, label) => count > counts[label]!)) return false;
  return labels === 0 || sum(counts) === windows;
}

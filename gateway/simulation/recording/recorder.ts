import type { VersionReport } from '../../coordinator';
import type { Task } from '../../task';
import type {
  FederatedRecord,
  FinalFigures,
  RunSummary,
  StopReason,
  TargetRecord,
  VersionFigures,
  VersionRecord,
} from '../results/results';
import type { Scenario } from '../scenario/scenario-schema';

/** Balanced accuracy, or share of the squared error, by which one mean over versions has to be better than another. */
const clearGain = 0.005;

/** Records the versions of a run and decides when it may stop. */
export class Recorder {
  readonly versions: VersionRecord[] = [];
  private readonly judged: Judged[] = [];
  private best: number | undefined;
  private readonly targets: TargetRecord[];
  private readonly ages: number[] = [];

  constructor(
    private readonly scenario: Scenario,
    private readonly seed: number,
    kind: Task['kind'],
  ) {
    // Targets are accuracies, and only a classification has one.
    const targets = kind === 'classification' ? scenario.evaluation.targets : [];
    const own = scenario.stop.targetAccuracy;
    const all = own !== undefined && !targets.includes(own) ? [...targets, own] : targets;
    this.targets = [...all].sort((a, b) => a - b).map((accuracy) => ({ accuracy, reached: null }));
  }

  isDue(version: number): boolean {
    return version % this.scenario.evaluation.everyVersions === 0;
  }

  add(
    report: VersionReport,
    counters: Counters,
    judged: Judged | undefined,
    federated?: FederatedRecord,
  ): VersionRecord {
    if (judged) this.judged.push(judged);
    const meanAccuracy = judged && this.mean((one) => one.accuracy);
    const { contributions } = report;
    const quarantined = contributions.flatMap(({ gateway, treatment }) =>
      treatment?.change === 'quarantined' ? [gateway] : [],
    );
    const record: VersionRecord = {
      seed: this.seed,
      version: report.version,
      ...counters,
      ...judged,
      ...(meanAccuracy === undefined ? {} : { meanAccuracy }),
      ...(federated && { federated }),
      cause: report.cause,
      clients: contributions.map(({ gateway }) => gateway),
      ages: contributions.map(({ age }) => age),
      weights: contributions.map(({ weight }) => weight),
      updateBytes: report.updateBytes,
      patchBytes: report.patchBytes,
      ...(quarantined.length > 0 && { quarantined }),
    };
    this.versions.push(record);
    for (const age of record.ages) this.ages[age] = (this.ages[age] ?? 0) + 1;
    if (meanAccuracy !== undefined) this.reach(meanAccuracy, record);
    return record;
  }

  /** Why the run ends with the last version; undefined if it does not. */
  get stop(): Exclude<StopReason, 'idle' | 'stalled' | 'interrupted'> | undefined {
    const { versions, virtualMs, targetAccuracy } = this.scenario.stop;
    const last = this.versions[this.versions.length - 1];
    if (!last) return undefined;
    if (
      targetAccuracy !== undefined &&
      this.targets.some((t) => t.accuracy === targetAccuracy && t.reached)
    ) {
      return 'target';
    }
    if (versions !== undefined && last.version >= versions) return 'versions';
    if (virtualMs !== undefined && last.timeMs >= virtualMs) return 'time';
    return undefined;
  }

  summary(): Pick<
    RunSummary,
    'versions' | keyof FinalFigures | 'bestAccuracy' | 'isRising' | 'targets' | 'ages'
  > {
    const histogram = Array.from(this.ages, (count) => count ?? 0);
    const total = histogram.reduce((sum, count) => sum + count, 0);
    const weighted = histogram.reduce((sum, count, age) => sum + count * age, 0);
    return {
      versions: this.versions[this.versions.length - 1]?.version ?? 0,
      finalBalancedAccuracy: this.mean((one) => one.balancedAccuracy),
      chance: this.judged.at(-1)?.chance,
      finalMacroF1: this.mean((one) => one.macroF1),
      finalAuc: this.mean((one) => one.auc),
      finalAccuracy: this.mean((one) => one.accuracy),
      finalMeanAbsoluteError: this.mean((one) => one.meanAbsoluteError),
      finalMeanSquaredError: this.mean((one) => one.meanSquaredError),
      finalSkill: this.mean((one) => one.skill),
      finalDetectionRate: this.mean((one) => one.detection?.rate),
      finalFalseAlarms: this.mean((one) => one.detection?.falseAlarms),
      bestAccuracy: this.best,
      isRising: this.isRising,
      targets: this.targets,
      ages: { mean: total > 0 ? weighted / total : 0, max: Math.max(0, histogram.length - 1), histogram },
    };
  }

  /** Mean over the last window of judged versions, or over all if there are fewer. */
  private mean(of: (one: Judged) => number | undefined): number | undefined {
    const window = this.judged.slice(-this.scenario.evaluation.meanOver);
    const values = window.map(of).filter((value) => value !== undefined);
    if (values.length === 0) return undefined;
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  }

  /** Whether the last window of versions is better than the one before it by more than `clearGain`. */
  private get isRising(): boolean {
    const { meanOver } = this.scenario.evaluation;
    const of = (judged: readonly Judged[]) =>
      judged.reduce((sum, one) => sum + progressOf(one), 0) / meanOver;
    if (this.judged.length < 2 * meanOver) return false;
    return of(this.judged.slice(-meanOver)) > of(this.judged.slice(-2 * meanOver, -meanOver)) + clearGain;
  }

  private reach(meanAccuracy: number, record: VersionRecord): void {
    this.best = Math.max(this.best ?? 0, meanAccuracy);
    const { version, timeMs, uploads, bytesUp, bytesDown } = record;
    this.targets.forEach((target, i) => {
      if (target.reached || meanAccuracy < target.accuracy) return;
      this.targets[i] = { ...target, reached: { version, timeMs, uploads, bytesUp, bytesDown } };
    });
  }
}

/** Counters at the time of a version. */
export type Counters = Pick<VersionRecord, 'timeMs' | 'uploads' | 'bytesUp' | 'bytesDown'>;

/** Evaluation of a version: with accuracies if it is a classification, else with errors. */
export type Judged = VersionFigures & { readonly loss: number };

/** Rises while a model gets better. */
const progressOf = ({ balancedAccuracy, meanSquaredError = Number.NaN }: Judged): number =>
  balancedAccuracy ?? -Math.log(meanSquaredError);

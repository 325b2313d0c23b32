import { segmentsSize } from '../../model';
import type { Clock } from '../../platform';
import type { Evaluator, Judgement } from '../evaluation/evaluator';
import type { ImportanceProfiler } from '../evaluation/importance-profiler';
import type { WarmStart } from '../evaluation/warm-start';
import type { Membership } from '../fleet/membership';
import type { BestVersion, Quality, VersionReport } from '../reports';
import type { CoordinatorState } from '../state/coordinator-state';
import type { NewVersion } from '../updates/version-writer';
import type { NewestDigest } from './newest-digest';
import type { Publisher } from './publisher';

/** Options of a version publisher. */
export interface VersionPublisherOptions {
  readonly state: CoordinatorState;
  readonly publisher: Publisher;
  readonly evaluator: Evaluator;
  readonly membership: Membership;
  readonly clock: Clock;
  /** No version is published before it is over. */
  readonly warmStart: Pick<WarmStart, 'pending'>;
  /** Holds the scores by which gateways select their plans. */
  readonly profiler: Pick<ImportanceProfiler, 'importance'>;
  readonly newestDigest: Pick<NewestDigest, 'value'>;
  readonly onReport: (report: VersionReport) => void;
}

/** Publishes versions to the gateways at once, and reports them to listeners when they have been judged. */
export class VersionPublisher {
  private lastVersionMs: number;
  private accuracy: { readonly version: number; readonly value: number } | undefined;
  private open = false;

  constructor(private readonly options: VersionPublisherOptions) {
    this.lastVersionMs = options.clock.now();
  }

  /** Sends the retained messages, task and head, and from now on those of each version. */
  announce(): void {
    this.open = true;
    this.task();
    this.head();
  }

  /** Sends the task again, because the importance scores have changed. */
  task(): void {
    if (!this.open) return;
    const { state, publisher, profiler } = this.options;
    const { task, modelKey, lineage } = state;
    const { importance } = profiler;
    publisher.task({ task, modelKey, lineage, ...(importance && { importance }) });
  }

  /** Sends the newest head again. */
  repeatHead(): void {
    if (this.open) this.head();
  }

  /** Sends nothing more. */
  mute(): void {
    this.open = false;
  }

  /** Publishes a durable version: its patch first, then the head that makes it the newest. */
  publish({ change, contributions, weights, cause }: NewVersion): void {
    const { state, publisher, evaluator, membership, clock } = this.options;
    const { lineage, version, modelKey } = state;
    publisher.versionChanged();
    let patchBytes = 0;
    if (this.open) {
      if (change) patchBytes = publisher.patch({ lineage, version, ...change });
      this.head();
    }
    const now = clock.now();
    const report: Unjudged = {
      lineage,
      version,
      modelKey,
      contributions: contributions.map(({ gateway, samples, bytes, segments, lossBefore, lossAfter }, i) => {
        const { age = 0, variance = 0, share: weight = 0 } = weights[i] ?? {};
        const trainedShare = segmentsSize(segments) / state.layout.size;
        return { gateway, samples, age, variance, weight, bytes, trainedShare, lossBefore, lossAfter };
      }),
      cause,
      updateBytes: contributions.reduce((sum, { bytes }) => sum + bytes, 0),
      patchBytes,
      gatewaysOnline: membership.online,
      durationMs: now - this.lastVersionMs,
    };
    this.lastVersionMs = now;
    const { published, average } = state.model.parameters;
    evaluator.judge(version, published, average, (judgement) => this.report(report, judgement));
  }

  private head(): void {
    const { state, publisher, warmStart, newestDigest } = this.options;
    if (warmStart.pending) return;
    const { lineage, version, modelKey } = state;
    const accuracy = this.accuracy?.version === version ? { accuracy: this.accuracy.value } : {};
    const { value: digest } = newestDigest;
    publisher.head({ lineage, version, modelKey, ...accuracy, ...(digest !== undefined && { digest }) });
  }

  private report(report: Unjudged, judgement: Judgement | undefined): void {
    const { state, onReport } = this.options;
    const { version } = report;
    if (judgement) {
      const { balancedAccuracy, meanSquaredError, accuracy } = judgement.average;
      if (!state.best || isBetter(judgement.average, state.best)) {
        state.best = {
          version,
          ...(balancedAccuracy !== undefined && { balancedAccuracy }),
          ...(meanSquaredError !== undefined && { meanSquaredError }),
        };
      }
      if (accuracy !== undefined) this.accuracy = { version, value: accuracy };
      if (this.open && version === state.version) this.head();
    }
    onReport({ ...report, current: judgement?.current, average: judgement?.average, best: state.best });
  }
}

/** A report before its version was judged. */
type Unjudged = Omit<VersionReport, 'current' | 'average' | 'best'>;

function isBetter(quality: Quality, best: BestVersion): boolean {
  if (quality.balancedAccuracy !== undefined)
    return quality.balancedAccuracy > (best.balancedAccuracy ?? Number.NEGATIVE_INFINITY);
  return (quality.meanSquaredError ?? Infinity) < (best.meanSquaredError ?? Infinity);
}

import { segmentsSize } from '../../model';
import type { Clock } from '../../platform';
import type { Evaluator, Judgement } from '../evaluation/evaluator';
import type { FederatedEvaluation } from '../evaluation/federated/federated-evaluation';
import { type Figure, WorseThanBest } from '../evaluation/federated/worse-than-best';
import type { ImportanceProfiler } from '../evaluation/importance-profiler';
import type { WarmStart } from '../evaluation/warm-start';
import type { Membership } from '../fleet/membership';
import {
  type BestVersion,
  distinguishesModels,
  type FederatedQuality,
  type Quality,
  type VersionReport,
} from '../reports';
import type { CoordinatorState } from '../state/coordinator-state';
import type { NewVersion } from '../updates/version-writer';
import type { NewestDigest } from './newest-digest';
import { type Publisher, withLabels } from './publisher';

/** Options of a version publisher. */
export interface VersionPublisherOptions {
  readonly state: CoordinatorState;
  readonly publisher: Publisher;
  readonly evaluator: Evaluator;
  /** Quality as gateways have measured it. */
  readonly federated: Pick<FederatedEvaluation, 'quality'>;
  /** Gives the shares of the labels, as messages carry them; undefined: rounds do without. */
  readonly labels: () => Uint8Array | undefined;
  readonly membership: Membership;
  readonly clock: Clock;
  /** No version is published before it is over. */
  readonly warmStart: Pick<WarmStart, 'pending'>;
  /** Holds the scores by which gateways select their plans. */
  readonly profiler: Pick<ImportanceProfiler, 'importance'>;
  readonly newestDigest: Pick<NewestDigest, 'value'>;
  /** Proves to this coordinator itself that the head of the newest version is its own; undefined: it has no key for that. */
  readonly proof: () => string | undefined;
  readonly onReport: (report: VersionReport) => void;
  /** Several versions in a row are worse than the best one. */
  readonly onWorse: (text: string, best: number) => void;
}

/** Publishes versions to the gateways at once, and reports them to listeners when they have been judged. */
export class VersionPublisher {
  private lastVersionMs: number;
  private accuracy: { readonly version: number; readonly value: number } | undefined;
  private open = false;
  private readonly worse: WorseThanBest;

  constructor(private readonly options: VersionPublisherOptions) {
    this.worse = new WorseThanBest(options.onWorse);
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
        const { age = 0, variance = 0, share: weight = 0, treatment } = weights[i] ?? {};
        const trainedShare = segmentsSize(segments) / state.layout.size;
        const losses = { lossBefore, lossAfter };
        const of = { gateway, samples, age, variance, weight, bytes, trainedShare, ...losses };
        return treatment ? { ...of, treatment } : of;
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
    const { state, publisher, warmStart, newestDigest, labels, proof } = this.options;
    if (warmStart.pending) return;
    const { lineage, version, modelKey } = state;
    const accuracy = this.accuracy?.version === version ? { accuracy: this.accuracy.value } : {};
    const { value: digest } = newestDigest;
    const own = proof();
    publisher.head({
      ...{ lineage, version, modelKey, ...accuracy },
      ...(digest !== undefined && { digest }),
      ...withLabels(labels()),
      ...(own !== undefined && { proof: own }),
    });
  }

  private report(report: Unjudged, judgement: Judgement | undefined): void {
    const { state, federated, onReport } = this.options;
    const { version } = report;
    const measured = federated.quality(version);
    if (judgement) {
      const { accuracy } = judgement.average;
      if (accuracy !== undefined) this.accuracy = { version, value: accuracy };
      if (this.open && version === state.version) this.head();
    }
    if (judgement && distinguishesModels(judgement.average)) this.rank(version, judgement.average, false);
    else if (measured && distinguishesModels(measured))
      this.rank(version, { ...measured, meanSquaredError: measured.loss }, true);
    const { current, average } = judgement ?? {};
    onReport({ ...report, current, average, ...(measured && { federated: measured }), best: state.best });
  }

  /**
   * Takes a figure of a version: it may be the best one, or worse than the best.
   * @param isFederated whether gateways have measured it. Such a figure is not compared with those of the coordinator's windows
   */
  private rank(version: number, quality: Ranked, isFederated: boolean): void {
    const { state } = this.options;
    const { balancedAccuracy, meanSquaredError, interval } = quality;
    const isClassification = balancedAccuracy !== undefined;
    const isSameKind = (state.best?.federated === true) === isFederated;
    if (isFederated && state.best && !isSameKind) return;
    if (!state.best || !isSameKind || isBetter(quality, state.best)) {
      state.best = {
        version,
        ...(isClassification && { balancedAccuracy }),
        ...(!isClassification && meanSquaredError !== undefined && { meanSquaredError }),
        ...(isFederated && { federated: true }),
      };
    }
    const figure: Figure = isClassification
      ? { kind: 'accuracy', value: balancedAccuracy, half: interval ? (interval[1] - interval[0]) / 2 : 0 }
      : { kind: 'error', value: meanSquaredError ?? Number.NaN };
    this.worse.judge(version, figure, state.best);
  }
}

/** The figures by which versions are compared. */
type Ranked = Pick<Quality, 'balancedAccuracy' | 'meanSquaredError'> & Pick<FederatedQuality, 'interval'>;

/** A report before its version was judged. */
type Unjudged = Omit<VersionReport, 'current' | 'average' | 'federated' | 'best'>;

function isBetter(quality: Ranked, best: BestVersion): boolean {
  if (quality.balancedAccuracy !== undefined)
    return quality.balancedAccuracy > (best.balancedAccuracy ?? Number.NEGATIVE_INFINITY);
  return (quality.meanSquaredError ?? Infinity) < (best.meanSquaredError ?? Infinity);
}

import type { Update } from '../../wire';

/** Report of a finished local round; output 1 of `ftte-train`. */
export interface RoundReport {
  readonly round: number;
  readonly lineage: string;
  readonly baseVersion: number;
  readonly samples: number;
  readonly steps: number;
  readonly lossBefore: number;
  readonly lossAfter: number;
  readonly gradientVariance: number;
  readonly durationMs: number;
  /** Encoded update, as it travels. */
  readonly updateBytes: number;
  /** Arena of the training program: known before the round, kept by construction. */
  readonly peakBytes: number;
  readonly budgetBytes: number;
  /** Share of the parameters that were trained, 0 to 1. */
  readonly trainedShare: number;
  /** Windows refused since the start: of another shape, not finite, with a label that the task does not know. */
  readonly refusedWindows: number;
}

/** The report of the round behind an update. */
export function roundReport(
  update: Update,
  more: Pick<RoundReport, 'round' | 'updateBytes' | 'budgetBytes' | 'trainedShare' | 'refusedWindows'>,
): RoundReport {
  const { lineage, baseVersion, samples, steps, lossBefore, lossAfter, durationMs, peakBytes } = update;
  return {
    round: more.round,
    lineage,
    baseVersion,
    samples,
    steps,
    lossBefore,
    lossAfter,
    gradientVariance: update.variance,
    durationMs,
    updateBytes: more.updateBytes,
    peakBytes,
    budgetBytes: more.budgetBytes,
    trainedShare: more.trainedShare,
    refusedWindows: more.refusedWindows,
  };
}

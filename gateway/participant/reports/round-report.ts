import type { RoundUpdate } from '../../wire';

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
  /** Bytes of the encoded update. */
  readonly updateBytes: number;
  /** Arena of the training program, in bytes. It is known before the round and cannot be exceeded. */
  readonly peakBytes: number;
  readonly budgetBytes: number;
  /** Share of the parameters that were trained, 0 to 1. */
  readonly trainedShare: number;
  /** Windows refused since the start: of another shape, with a value that is not finite, or with an unknown label. */
  readonly refusedWindows: number;
  /** The training in words, with what the task leaves to the rules. */
  readonly training: string;
}

/** The report of the round behind an update. */
export function roundReport(
  update: RoundUpdate,
  more: Pick<
    RoundReport,
    'round' | 'updateBytes' | 'budgetBytes' | 'trainedShare' | 'refusedWindows' | 'training'
  >,
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
    training: more.training,
  };
}

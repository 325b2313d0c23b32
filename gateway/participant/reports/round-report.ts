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

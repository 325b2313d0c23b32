import type { Trainer } from '../engine';
import { FtteError, type Log } from '../platform';
import type { ModelFollower } from './model-follower';

export interface PredictorOptions {
  /** Started and stopped by whoever made it. */
  readonly follower: ModelFollower;
  /** A trainer of the predictor's own; `stop` closes it. */
  readonly trainer: Trainer;
  /** Which model answers. `average` (default) swings less from version to version. */
  readonly use?: 'average' | 'current';
  readonly log?: Log;
}

export interface Prediction {
  readonly label: string;
  readonly labelIndex: number;
  /** Probability of the label, 0 to 1. */
  readonly confidence: number;
  /** Probability of each label, by name. */
  readonly scores: Readonly<Record<string, number>>;
  readonly lineage: string;
  readonly version: number;
}

/** Answers what a window shows, with the newest model the follower holds; changes models without a gap. */
export class Predictor {
  constructor(options: PredictorOptions) {
    void options;
  }

  /** The version that answers now; undefined before the first model. */
  get serving(): { readonly lineage: string; readonly version: number } | undefined {
    return undefined;
  }

  start(): void {}

  /** Resolves when the trainer is closed. Predictions that wait reject with FtteError `cancelled`. */
  async stop(): Promise<void> {}

  /**
   * @param window `[length, channels]`, normalised as the task says
   * @throws FtteError `not-ready` before a model is there, `window-shape`, `window-not-finite`
   */
  async predict(window: Float32Array): Promise<Prediction> {
    void window;
    throw new FtteError('not-ready', 'no model yet');
  }
}

import type { Trainer } from '../engine';
import { FtteError, type Log, messageOf, silentLog } from '../platform';
import { checkWindow } from '../stream';
import type { Task } from '../task';
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

/** Windows that may wait for their answer: more come faster than this machine can answer, for good. */
const mostWaiting = 256;

/** The model that answers now: always a whole one. */
interface Serving {
  readonly task: Task;
  readonly lineage: string;
  readonly version: number;
}

/**
 * Answers what a window shows, with the newest model the follower holds. Predictions and changes of model stand in one
 * line: what was asked before a change is answered by the old model, and none is refused because of it. While a new
 * lineage has no parameters yet, the old model answers.
 */
export class Predictor {
  private readonly follower: ModelFollower;
  private readonly trainer: Trainer;
  private readonly use: 'average' | 'current';
  private readonly log: Log;
  private current: Serving | undefined;
  /** `modelKey` of the compiled program. */
  private compiled: string | undefined;
  private line: Promise<unknown> = Promise.resolve();
  private waiting = 0;
  private changeDue = false;
  private stopped = false;
  private unsubscribe: () => void = () => undefined;

  constructor(options: PredictorOptions) {
    this.follower = options.follower;
    this.trainer = options.trainer;
    this.use = options.use ?? 'average';
    this.log = options.log ?? silentLog;
  }

  /** The version that answers now; undefined before the first model. */
  get serving(): { readonly lineage: string; readonly version: number } | undefined {
    return this.current && { lineage: this.current.lineage, version: this.current.version };
  }

  start(): void {
    this.unsubscribe = this.follower.on('version', () => this.changeSoon());
    if (this.follower.parameters) this.changeSoon();
  }

  /** Resolves when the trainer is closed. Predictions that wait reject with FtteError `cancelled`. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.unsubscribe();
    await this.trainer.close();
    await this.line;
  }

  /**
   * @param window `[length, channels]`, normalised as the task says
   * @throws FtteError `not-ready` before a model is there, `window-shape`, `window-not-finite`, `cancelled` after `stop`; `not-ready` too where
   *         too many windows wait already: an answer that comes ever later is none
   */
  async predict(window: Float32Array): Promise<Prediction> {
    if (this.waiting >= mostWaiting) {
      throw new FtteError(
        'not-ready',
        `${this.waiting} windows wait for their prediction: they come faster than this machine answers`,
      );
    }
    this.waiting++;
    return this.answer(window).finally(() => this.waiting--);
  }

  private answer(window: Float32Array): Promise<Prediction> {
    return this.queue(async () => {
      if (!this.current) throw new FtteError('not-ready', 'no model has come yet: is a coordinator running?');
      const { task, lineage, version } = this.current;
      checkWindow(window, task.input);
      const probabilities = await this.trainer.predict(window, 1);
      let labelIndex = 0;
      const scores: Record<string, number> = {};
      task.labels.forEach((label, i) => {
        scores[label] = probabilities[i] ?? 0;
        if (probabilities[i]! > probabilities[labelIndex]!) labelIndex = i;
      });
      const label = task.labels[labelIndex]!;
      return { label, labelIndex, confidence: scores[label]!, scores, lineage, version };
    });
  }

  /** Puts one change in the line; versions that come before its turn are covered by it. */
  private changeSoon(): void {
    if (this.changeDue || this.stopped) return;
    this.changeDue = true;
    this.queue(() => this.change()).catch((error) => {
      if (!this.stopped) this.log.warn(`cannot take the newest model: ${messageOf(error)}`);
    });
  }

  private async change(): Promise<void> {
    this.changeDue = false;
    const { task, model, modelKey, lineage, version, parameters, average } = this.follower;
    if (!task || !model || lineage === undefined || !parameters || !average) return;
    // Copied before anything is awaited: the follower changes its arrays in place.
    const flat = (this.use === 'average' ? average : parameters).slice();
    try {
      if (this.compiled !== modelKey) {
        this.compiled = undefined;
        await this.trainer.configure({ model });
        this.compiled = modelKey;
      }
      await this.trainer.setParameters(flat);
      this.current = { task, lineage, version };
    } catch (error) {
      // Half-changed is no model: refuse until the next version brings a whole one.
      this.current = undefined;
      throw error;
    }
  }

  private queue<T>(job: () => Promise<T>): Promise<T> {
    const result = this.line.then(() => {
      if (this.stopped) throw new FtteError('cancelled', 'the predictor was stopped');
      return job();
    });
    this.line = result.catch(() => undefined);
    return result;
  }
}

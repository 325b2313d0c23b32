import type { Trainer } from '../engine';
import type { ModelFollower } from '../participant';
import { type Clock, FtteError, type Log, messageOf, SerialQueue, silentLog, systemClock } from '../platform';
import { checkWindow } from '../stream';
import type { Task } from '../task';
import { AnomalyDetector } from './anomaly-detector';
import { classification, forecast, type Prediction, type WindowContext } from './answers';
import { PersistedThreshold } from './persisted-threshold';
import type { LearnedThreshold } from './threshold-file';

/** What a predictor is made of. */
export interface PredictorOptions {
  /** Started and stopped by whoever made it. */
  readonly follower: ModelFollower;
  /** A trainer of the predictor's own; `stop` closes it. */
  readonly trainer: Trainer;
  /** Which model answers. `average` (default) swings less from version to version. */
  readonly use?: 'average' | 'current';
  /**
   * Where a predictor of anomalies keeps what it has learned over a restart: errors, never windows. Default: nowhere.
   */
  readonly thresholdFile?: string;
  /** Spaces the writing of that file. Default: the system's. */
  readonly clock?: Clock;
  readonly log?: Log;
}

/** Windows that may wait for their answer: more come faster than this machine can answer, for good. */
const mostWaiting = 256;

/** The model that answers now: always a whole one. */
interface Serving {
  readonly task: Task;
  readonly lineage: string;
  readonly version: number;
  /** For tasks of kind `anomaly`. */
  readonly watch: AnomalyDetector | undefined;
}

/**
 * Answers what a window shows (its label, what follows it, or whether it is ordinary), with the newest model the follower holds. Predictions and changes of model stand in one
 * line: what was asked before a change is answered by the old model, and none is refused because of it. While a new
 * lineage has no parameters yet, the old model answers.
 */
export class Predictor {
  private readonly follower: ModelFollower;
  private readonly trainer: Trainer;
  private readonly use: 'average' | 'current';
  private readonly log: Log;
  private readonly kept: PersistedThreshold;
  private current: Serving | undefined;
  /** Kept where a version could not be taken: what was learned of the windows holds for the next. */
  private watched:
    | { readonly task: Task; readonly lineage: string; readonly watch: AnomalyDetector }
    | undefined;
  /** `modelKey` of the compiled program. */
  private compiled: string | undefined;
  private readonly line = new SerialQueue();
  private waiting = 0;
  private changeDue = false;
  private stopped = false;
  private unsubscribe: () => void = () => undefined;
  private unfollow: () => void = () => undefined;

  constructor(options: PredictorOptions) {
    this.follower = options.follower;
    this.trainer = options.trainer;
    this.use = options.use ?? 'average';
    const log = options.log ?? silentLog;
    this.log = log;
    this.kept = new PersistedThreshold({
      file: options.thresholdFile,
      clock: options.clock ?? systemClock,
      onProblem: (error) => log.warn(error.message),
    });
  }

  /** The version that answers now; undefined before the first model. */
  get serving(): { readonly lineage: string; readonly version: number } | undefined {
    return this.current && { lineage: this.current.lineage, version: this.current.version };
  }

  start(): void {
    this.unsubscribe = this.follower.on('version', () => this.changeSoon());
    this.unfollow = this.follower.follow();
    if (this.follower.parameters) this.changeSoon();
  }

  /** Resolves when the trainer is closed, and what was learned kept. Predictions that wait reject with FtteError `cancelled`. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.unsubscribe();
    this.unfollow();
    await this.trainer.close();
    await this.line.idle();
    const learned = this.learned();
    if (learned) await this.kept.save(learned);
    // Without a threshold, too, an earlier one may still be on its way to the disk.
    await this.kept.idle();
  }

  /**
   * @param window `[length, channels]`, normalised as the task says
   * @param about what else is known of the window
   * @throws FtteError `not-ready` before a model is there, `window-shape`, `window-not-finite`, `cancelled` after `stop`; `not-ready` too where
   *         too many windows wait already: an answer that comes ever later is none
   */
  async predict(window: Float32Array, about: WindowContext = {}): Promise<Prediction> {
    if (this.waiting >= mostWaiting) {
      throw new FtteError(
        'not-ready',
        `${this.waiting} windows wait for their prediction: they come faster than this machine answers`,
      );
    }
    this.waiting++;
    return this.answer(window, about).finally(() => this.waiting--);
  }

  private answer(window: Float32Array, about: WindowContext): Promise<Prediction> {
    return this.queue(async () => {
      if (!this.current) throw new FtteError('not-ready', 'no model has come yet: is a coordinator running?');
      const { task, lineage, version, watch } = this.current;
      checkWindow(window, task.input);
      const outputs = await this.trainer.predict(window, 1);
      const answer = watch
        ? watch.judge(window, outputs)
        : task.kind === 'forecast'
          ? forecast(task, outputs, about)
          : classification(task, outputs);
      if (watch) this.kept.saveSometimes(() => this.learned());
      return { ...answer, lineage, version };
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
    try {
      if (this.compiled !== modelKey) {
        this.compiled = undefined;
        await this.trainer.configure({ model });
        this.compiled = modelKey;
      }
      await this.trainer.setParameters(this.use === 'average' ? average : parameters);
      this.current = { task, lineage, version, watch: await this.watchOf(task, lineage, version) };
    } catch (error) {
      // Half-changed is no model: refuse until the next version brings a whole one.
      this.current = undefined;
      throw error;
    }
  }

  /** The watch of before goes on with the new version where it is the same task's. */
  private async watchOf(task: Task, lineage: string, version: number): Promise<AnomalyDetector | undefined> {
    if (task.kind !== 'anomaly') return undefined;
    const before = this.watched;
    const same = before?.lineage === lineage && sameShare(before.task, task);
    const watch = same ? before.watch : await this.restoredWatch(task, lineage, version);
    this.watched = { task, lineage, watch };
    if (same) await watch.follow((x, count) => this.trainer.predict(x, count));
    return watch;
  }

  /** A new watch, with what one before a restart has learned of the same model. */
  private async restoredWatch(task: Task, lineage: string, version: number): Promise<AnomalyDetector> {
    const watch = new AnomalyDetector(task);
    const kept = this.watched ? undefined : await this.kept.load();
    if (kept?.lineage === lineage && kept.use === this.use && kept.falseAlarms === task.anomaly?.falseAlarms)
      watch.restore(kept, kept.version === version);
    return watch;
  }

  private learned(): LearnedThreshold | undefined {
    if (!this.current?.watch) return undefined;
    const { task, lineage, version, watch } = this.current;
    const { learned } = watch;
    const falseAlarms = task.anomaly?.falseAlarms;
    if (!learned || falseAlarms === undefined) return undefined;
    return { lineage, version, use: this.use, falseAlarms, ...learned };
  }

  private queue<T>(job: () => Promise<T>): Promise<T> {
    return this.line.run(async () => {
      if (this.stopped) throw new FtteError('cancelled', 'the predictor was stopped');
      return job();
    });
  }
}

function sameShare(a: Task, b: Task): boolean {
  return a.anomaly?.falseAlarms === b.anomaly?.falseAlarms;
}

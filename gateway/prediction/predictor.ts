import type { Trainer } from '../engine';
import type { ModelFollower } from '../participant';
import {
  type Clock,
  FtteError,
  type Log,
  messageOf,
  noticeCodeOf,
  type Random,
  SerialQueue,
  silentLog,
  systemClock,
  systemRandom,
} from '../platform';
import { checkWindow } from '../stream';
import type { Task } from '../task';
import { AnomalyDetector } from './anomaly-detector';
import { classification, forecast, type Prediction, type WindowContext } from './answers';
import { checkOutputs } from './check-outputs';
import { PersistedThreshold } from './persisted-threshold';
import type { PersonalModel } from './personal/personal-model';
import type { LearnedThreshold } from './threshold-file';

/** Options of a predictor. */
export interface PredictorOptions {
  /** The source of models. Its owner starts and stops it. */
  readonly follower: ModelFollower;
  /** A trainer for this predictor only; `stop` closes it. */
  readonly trainer: Trainer;
  /** The model that answers. `average` (default) varies less from version to version. */
  readonly use?: 'average' | 'current';
  /** The own model of this gateway, which answers while it is better. Its owner starts and stops it. Default: none. */
  readonly personal?: Pick<PersonalModel, 'parameters' | 'on'> | undefined;
  /** File in which a predictor of anomalies stores its learned errors, never windows. Default: nothing is stored. */
  readonly thresholdFile?: string;
  /** The clock that spaces the writes of that file. Default: the clock of the system. */
  readonly clock?: Clock;
  /** The random numbers in the pauses between attempts to write it. Default: seeded by the system. */
  readonly random?: Random;
  readonly log?: Log;
}

/** Most windows that may wait for their answer. If more wait, they come faster than this machine can answer. */
const mostWaiting = 256;

/** The model that answers. It is always complete. */
interface Serving {
  readonly task: Task;
  readonly lineage: string;
  readonly version: number;
  /** Whether the own model of this gateway answers. */
  readonly isPersonal: boolean;
  /** The detector of a task of kind `anomaly`. */
  readonly detector: AnomalyDetector | undefined;
}

/**
 * Predicts from a window (its label, the readings after it, or whether it is an anomaly) with the newest model of the
 * follower. Predictions and changes of the model go through one queue: a request from before a change is answered by
 * the old model, and a change refuses no request. While a new lineage has no parameters yet, the old model answers.
 */
export class Predictor {
  private readonly follower: ModelFollower;
  private readonly trainer: Trainer;
  private readonly use: 'average' | 'current';
  private readonly log: Log;
  private readonly kept: PersistedThreshold;
  private current: Serving | undefined;
  /** Kept even if a version could not be taken, because its learned errors hold for the next version. */
  private lastDetector:
    | { readonly task: Task; readonly lineage: string; readonly detector: AnomalyDetector }
    | undefined;
  /** The `modelKey` of the compiled program. */
  private compiled: string | undefined;
  private readonly jobs = new SerialQueue();
  private waiting = 0;
  private changeDue = false;
  private stopped = false;
  private unsubscribe: () => void = () => undefined;
  private unfollow: () => void = () => undefined;
  private readonly personal: PredictorOptions['personal'];
  private unadapt: () => void = () => undefined;

  constructor(options: PredictorOptions) {
    this.follower = options.follower;
    this.trainer = options.trainer;
    this.use = options.use ?? 'average';
    this.personal = options.personal;
    const log = options.log ?? silentLog;
    this.log = log;
    this.kept = new PersistedThreshold({
      file: options.thresholdFile,
      clock: options.clock ?? systemClock,
      random: options.random ?? systemRandom(),
      onProblem: (error) => log.warn(error.message, noticeCodeOf(error)),
      onRecovered: (path) => log.info(`${path} can be written again`),
    });
  }

  /** The version that answers. Undefined before the first model. */
  get serving(): Pick<Serving, 'lineage' | 'version' | 'isPersonal'> | undefined {
    const { current } = this;
    if (!current) return undefined;
    const { lineage, version, isPersonal } = current;
    return { lineage, version, isPersonal };
  }

  start(): void {
    this.unsubscribe = this.follower.on('version', () => this.changeSoon());
    this.unfollow = this.follower.follow();
    if (this.personal) this.unadapt = this.personal.on('change', () => this.changeSoon());
    if (this.follower.parameters) this.changeSoon();
  }

  /**
   * Resolves when the trainer is closed and the threshold is stored. Waiting predictions reject with FtteError
   * `cancelled`.
   */
  async stop(): Promise<void> {
    this.stopped = true;
    this.unsubscribe();
    this.unfollow();
    this.unadapt();
    await this.trainer.close();
    await this.jobs.idle();
    const learned = this.learned();
    if (learned) await this.kept.save(learned);
    // Even without a threshold, an earlier write may be pending.
    await this.kept.stop();
  }

  /** Resolves when the changes and predictions that wait at this time are done. */
  idle(): Promise<void> {
    return this.jobs.idle();
  }

  /**
   * Predicts from one window.
   * @param window `[length, channels]`, normalised as the task defines
   * @param about further facts about the window
   * @throws FtteError `not-ready` before a model has arrived, or if too many windows wait already; `window-shape`,
   * `window-not-finite`; `cancelled` after `stop`
   */
  async predict(window: Float32Array, about: WindowContext = {}): Promise<Prediction> {
    if (this.waiting >= mostWaiting) {
      throw new FtteError(
        'not-ready',
        `${this.waiting} windows already wait for a prediction, because windows come faster than this machine predicts`,
      );
    }
    this.waiting++;
    return this.answer(window, about).finally(() => this.waiting--);
  }

  private answer(window: Float32Array, about: WindowContext): Promise<Prediction> {
    return this.queue(async () => {
      if (!this.current)
        throw new FtteError('not-ready', 'no model has arrived yet: is a coordinator running?');
      const { task, lineage, version, isPersonal, detector } = this.current;
      checkWindow(window, task.input);
      const outputs = await this.trainer.predict(window, 1);
      if (!detector) checkOutputs(outputs, window, task);
      const answer = detector
        ? detector.judge(window, outputs)
        : task.kind === 'forecast'
          ? forecast(task, outputs, about)
          : {
              ...classification(task, outputs),
              model: isPersonal ? ('personal' as const) : ('shared' as const),
            };
      if (detector) this.kept.saveSometimes(() => this.learned());
      return { ...answer, lineage, version };
    });
  }

  /** Queues one change. It also covers the versions that arrive before its turn. */
  private changeSoon(): void {
    if (this.changeDue || this.stopped) return;
    this.changeDue = true;
    this.queue(() => this.change()).catch((error) => {
      if (!this.stopped)
        this.log.warn(`cannot change to the newest model: ${messageOf(error)}`, 'model-refused');
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
      const shared = this.use === 'average' ? average : parameters;
      const own =
        task.kind === 'classification'
          ? await this.personal?.parameters(shared, { lineage, modelKey })
          : undefined;
      await this.trainer.setParameters(own ?? shared);
      const detector = await this.detectorFor(task, lineage, version);
      this.current = { task, lineage, version, isPersonal: own !== undefined, detector };
    } catch (error) {
      // A half-changed model must not answer: predictions are refused until the next version.
      this.current = undefined;
      throw error;
    }
  }

  /** The detector for a version: the existing one if the task is the same, otherwise a new one. */
  private async detectorFor(
    task: Task,
    lineage: string,
    version: number,
  ): Promise<AnomalyDetector | undefined> {
    if (task.kind !== 'anomaly') return undefined;
    const before = this.lastDetector;
    const same = before?.lineage === lineage && sameShare(before.task, task);
    const detector = same ? before.detector : await this.restoredDetector(task, lineage, version);
    this.lastDetector = { task, lineage, detector };
    if (same) await detector.follow((x, count) => this.trainer.predict(x, count));
    return detector;
  }

  /** A new detector, with the errors that were stored for the same model before a restart. */
  private async restoredDetector(task: Task, lineage: string, version: number): Promise<AnomalyDetector> {
    const detector = new AnomalyDetector(task);
    const kept = this.lastDetector ? undefined : await this.kept.load();
    if (kept?.lineage === lineage && kept.use === this.use && kept.falseAlarms === task.anomaly?.falseAlarms)
      detector.restore(kept, kept.version === version);
    return detector;
  }

  private learned(): LearnedThreshold | undefined {
    if (!this.current?.detector) return undefined;
    const { task, lineage, version, detector } = this.current;
    const { learned } = detector;
    const falseAlarms = task.anomaly?.falseAlarms;
    if (!learned || falseAlarms === undefined) return undefined;
    return { lineage, version, use: this.use, falseAlarms, ...learned };
  }

  private queue<T>(job: () => Promise<T>): Promise<T> {
    return this.jobs.run(async () => {
      if (this.stopped) throw new FtteError('cancelled', 'the predictor was stopped');
      return job();
    });
  }
}

function sameShare(a: Task, b: Task): boolean {
  return a.anomaly?.falseAlarms === b.anomaly?.falseAlarms;
}

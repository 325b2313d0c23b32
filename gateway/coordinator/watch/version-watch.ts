import { messageOf, type Notice } from '../../platform';
import type { Task } from '../../task';
import type { VersionReport } from '../reports';
import { DivergenceWatch } from './divergence';
import { LearningWatch } from './learning-watch';

/** Times that a model goes back by itself without a better version in between. */
const mostTimes = 3;
/** Versions after which earlier times do not count any more. */
const calmVersions = 200;

/** The task and the means of a version watch. */
export interface VersionWatchOptions {
  readonly task: Task;
  readonly say: (notice: Omit<Notice, 'count'>) => void;
  /** Makes an earlier version the newest one, under a new number. @returns that number */
  readonly rollback: (version: number) => Promise<number>;
  readonly pause: () => void;
}

/**
 * Watches versions: says what a person should know, and goes back by itself if the model diverges. After three times it
 * pauses instead, because the cause is still there.
 */
export class VersionWatch {
  private divergence = new DivergenceWatch();
  private learning: LearningWatch;
  private times = 0;
  /** The version after the last time. */
  private since = 0;
  private best: number | undefined;
  private lineage = '';
  private isRollingBack = false;

  constructor(private readonly options: VersionWatchOptions) {
    this.learning = new LearningWatch(options.task);
  }

  /** Versions whose checkpoints are to stay, to go back to one of them. */
  get kept(): readonly number[] {
    return this.divergence.kept;
  }

  take(report: VersionReport): void {
    if (report.lineage !== this.lineage) this.begin(report.lineage);
    for (const notice of this.learning.take(report)) this.options.say(notice);
    // A version that was made before the model went back may be reported after it.
    if (this.isRollingBack) return;
    const isBetter = report.best !== undefined && report.best.version !== this.best;
    if (isBetter || report.version - this.since > calmVersions) this.times = 0;
    this.best = report.best?.version;
    const found = this.divergence.take(report);
    if (found) this.react(report.version, found);
  }

  /** Another model: nothing that was seen counts for it. */
  private begin(lineage: string): void {
    this.lineage = lineage;
    this.times = 0;
    this.divergence = new DivergenceWatch();
    this.learning = new LearningWatch(this.options.task);
  }

  private react(
    version: number,
    { text, target }: { readonly text: string; readonly target: number | undefined },
  ) {
    const { say, pause, rollback } = this.options;
    const why = `the model has diverged at version ${version}: ${text}`;
    const advice = 'lower the learning rates, or check centre and spread of the channels';
    if (target === undefined || this.times >= mostTimes) {
      pause();
      const reason =
        target === undefined
          ? 'no earlier version is known to be good'
          : `going back ${this.times} times did not help`;
      say({
        code: 'diverged',
        level: 'error',
        text: `${why}; ${reason}, so the coordinator is paused: ${advice}, then resume`,
        details: { version },
      });
      return;
    }
    this.times++;
    this.since = version;
    this.isRollingBack = true;
    rollback(target)
      .then(
        (next) =>
          say({
            code: 'diverged',
            level: 'warning',
            text: `${why}; it went back to version ${target} as version ${next} (${this.times} of ${mostTimes} times). If it happens again, ${advice}`,
            details: { version, target },
          }),
        (error) => {
          pause();
          say({
            code: 'diverged',
            level: 'error',
            text: `${why}; going back to version ${target} failed (${messageOf(error)}), so the coordinator is paused: ${advice}, then resume`,
            details: { version, target },
          });
        },
      )
      .finally(() => {
        this.isRollingBack = false;
        this.divergence.forget();
      });
  }
}

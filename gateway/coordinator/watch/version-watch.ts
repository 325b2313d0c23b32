import { messageOf, type Notice } from '../../platform';
import type { Task } from '../../task';
import type { VersionReport } from '../reports';
import { DivergenceWatch } from './divergence';
import { LearningWatch } from './learning-watch';

/** Times that a model goes back by itself without having become better in between. */
const mostTimes = 3;

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
  private readonly divergence = new DivergenceWatch();
  private readonly learning: LearningWatch;
  private times = 0;
  private best: number | undefined;
  private lineage = '';
  private isRollingBack = false;

  constructor(private readonly options: VersionWatchOptions) {
    this.learning = new LearningWatch(options.task);
  }

  /** A version whose checkpoint is to stay. */
  get healthy(): number | undefined {
    return this.divergence.healthy;
  }

  take(report: VersionReport): void {
    if (report.lineage !== this.lineage) this.times = 0;
    this.lineage = report.lineage;
    for (const notice of this.learning.take(report)) this.options.say(notice);
    // A version that was made before the model went back may be reported after it.
    if (this.isRollingBack) return;
    if (report.best && report.best.version !== this.best) this.times = 0;
    this.best = report.best?.version;
    const found = this.divergence.take(report);
    if (found) this.react(report.version, found);
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

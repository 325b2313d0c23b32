import { asFtteError, type Clock, type FtteError, SerialQueue, writeAtomically } from '../platform';
import { encodeThreshold, type LearnedThreshold, readThreshold } from './threshold-file';

export interface PersistedThresholdOptions {
  /** Undefined: nothing is kept over a restart. */
  readonly file: string | undefined;
  readonly clock: Clock;
  readonly onProblem: (error: FtteError) => void;
}

/** Written this often at most while windows come: flash wears out. And always at the end. */
const intervalMs = 10 * 60_000;

/** Takes what a predictor of anomalies has learned over a restart: learning it takes a hundred windows and more. */
export class PersistedThreshold {
  private savedMs = Number.NEGATIVE_INFINITY;
  private readonly queue = new SerialQueue();

  constructor(private readonly options: PersistedThresholdOptions) {}

  /** What was kept, if anything. A damaged file is told, and is none. */
  async load(): Promise<LearnedThreshold | undefined> {
    const { file, onProblem } = this.options;
    if (file === undefined) return undefined;
    return this.queue
      .run(() => readThreshold(file))
      .catch((error) => {
        onProblem(asFtteError(error, 'storage'));
        return undefined;
      });
  }

  /** @param learned what there is to keep, asked for when it is time; undefined: nothing yet */
  saveSometimes(learned: () => LearnedThreshold | undefined): void {
    const { file, clock } = this.options;
    if (file === undefined || clock.now() - this.savedMs < intervalMs) return;
    const now = learned();
    if (now) void this.save(now);
  }

  /** Resolves once it is on disk, or the problem was told. */
  save(learned: LearnedThreshold): Promise<void> {
    const { file, clock, onProblem } = this.options;
    if (file === undefined) return Promise.resolve();
    this.savedMs = clock.now();
    return this.queue
      .run(async () => writeAtomically(file, await encodeThreshold(learned)))
      .catch((error) => onProblem(asFtteError(error, 'storage')));
  }

  /** Resolves once nothing is being written. */
  idle(): Promise<void> {
    return this.queue.idle();
  }
}

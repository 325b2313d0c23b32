import { asFtteError, type Clock, type FtteError, SerialQueue, writeAtomically } from '../platform';
import { encodeThreshold, type LearnedThreshold, readThreshold } from './threshold-file';

export interface PersistedThresholdOptions {
  /** Undefined: nothing is stored across a restart. */
  readonly file: string | undefined;
  readonly clock: Clock;
  readonly onProblem: (error: FtteError) => void;
}

/** The time between writes while windows come, because writing wears flash memory. The end always writes. */
const intervalMs = 10 * 60_000;

/** Keeps the threshold of a predictor of anomalies across a restart. Learning it takes a hundred windows or more. */
export class PersistedThreshold {
  private savedMs = Number.NEGATIVE_INFINITY;
  private readonly queue = new SerialQueue();

  constructor(private readonly options: PersistedThresholdOptions) {}

  /** Reads the stored threshold, if there is one. A damaged file is reported and ignored. */
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

  /**
   * Saves if the interval has passed. @param learned the state to store, called only then; undefined if there is none
   * yet
   */
  saveSometimes(learned: () => LearnedThreshold | undefined): void {
    const { file, clock } = this.options;
    if (file === undefined || clock.now() - this.savedMs < intervalMs) return;
    const now = learned();
    if (now) void this.save(now);
  }

  /** Resolves once the file is on disk, or the problem was reported. */
  save(learned: LearnedThreshold): Promise<void> {
    const { file, clock, onProblem } = this.options;
    if (file === undefined) return Promise.resolve();
    this.savedMs = clock.now();
    return this.queue
      .run(async () => writeAtomically(file, await encodeThreshold(learned)))
      .catch((error) => onProblem(asFtteError(error, 'storage')));
  }

  /** Resolves once no write is pending. */
  idle(): Promise<void> {
    return this.queue.idle();
  }
}

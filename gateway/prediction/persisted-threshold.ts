import { asFtteError, type Clock, type FtteError, LatestFile, type Random } from '../platform';
import { encodeThreshold, type LearnedThreshold, readThreshold } from './threshold-file';

export interface PersistedThresholdOptions {
  /** Undefined: nothing is stored across a restart. */
  readonly file: string | undefined;
  readonly clock: Clock;
  /** Jitter between attempts to write. */
  readonly random: Random;
  readonly onProblem: (error: FtteError) => void;
  /** The file can be written again. */
  readonly onRecovered: (path: string) => void;
}

/** The time between writes while windows come, because writing wears flash memory. The end always writes. */
const intervalMs = 10 * 60_000;

/**
 * Keeps the threshold of a predictor of anomalies across a restart. Learning it takes a hundred windows or more. A
 * threshold that cannot be written is reported once and written later.
 */
export class PersistedThreshold {
  private savedMs = Number.NEGATIVE_INFINITY;
  private readonly latest: LatestFile | undefined;

  constructor(private readonly options: PersistedThresholdOptions) {
    const { file, onProblem, onRecovered } = options;
    if (file === undefined) return;
    const onStorage = (problem: FtteError | undefined) => (problem ? onProblem(problem) : onRecovered(file));
    this.latest = new LatestFile({ ...options, path: file, onStorage });
  }

  /** Reads the stored threshold, if there is one. A damaged file is reported and ignored. */
  async load(): Promise<LearnedThreshold | undefined> {
    const { file, onProblem } = this.options;
    if (file === undefined) return undefined;
    await this.latest?.idle();
    return readThreshold(file).catch((error) => {
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
  async save(learned: LearnedThreshold): Promise<void> {
    this.savedMs = this.options.clock.now();
    await this.latest?.save(() => encodeThreshold(learned));
  }

  /** Ends the attempts to write. Resolves once no write is pending. */
  async stop(): Promise<void> {
    await this.latest?.stop();
  }
}

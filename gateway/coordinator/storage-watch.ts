import { type Clock, DiskWrites, type FtteError, type Random } from '../platform';

/** Options of `StorageWatch`. */
export interface StorageWatchOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Called when storage failed, once for each reason. */
  readonly onProblem: (problem: FtteError) => void;
  /** Called when storage works again. */
  readonly onRecovered: () => void;
}

/**
 * The condition of a coordinator's storage. The start waits here until storage works. Later failures are those of the
 * pipeline, which retries by itself.
 */
export class StorageWatch {
  /** Resolves when storage fails for the first time. */
  readonly failed: Promise<void>;
  private readonly starting: DiskWrites;
  private markFailed: () => void = () => undefined;
  private current: FtteError | undefined;

  constructor(private readonly options: StorageWatchOptions) {
    this.starting = new DiskWrites({ ...options, onStorage: (problem) => this.update(problem) });
    this.failed = new Promise((resolve) => {
      this.markFailed = resolve;
    });
  }

  /** The reason if storage cannot be used at present. */
  get problem(): FtteError | undefined {
    return this.current;
  }

  start(): void {
    this.starting.start();
  }

  /** Ends the wait of a start. */
  stop(): void {
    this.starting.stop();
  }

  /** Runs a part of the start as often as storage needs it. @throws FtteError `cancelled` after `stop` */
  until<T>(job: () => Promise<T>): Promise<T> {
    return this.starting.until(job);
  }

  /** Takes the news that storage failed, or works again (undefined). */
  update(problem: FtteError | undefined): void {
    this.current = problem;
    if (problem) {
      this.options.onProblem(problem);
      this.markFailed();
    } else this.options.onRecovered();
  }
}

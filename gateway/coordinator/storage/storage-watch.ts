import { type Clock, DiskWrites, FtteError, type Random } from '../../platform';

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
  private readonly starting: DiskWrites;
  private current: FtteError | undefined;
  /** Continues a start whose checkpoints are all damaged. */
  private decide: { readonly resolve: () => void; readonly reject: (error: FtteError) => void } | undefined;
  /** Receives the first failure while a caller waits for the start. */
  private interrupt: ((problem: FtteError) => void) | undefined;

  constructor(private readonly options: StorageWatchOptions) {
    this.starting = new DiskWrites({ ...options, onStorage: (problem) => this.update(problem) });
  }

  /** The reason if storage cannot be used at present. */
  get problem(): FtteError | undefined {
    return this.current;
  }

  /**
   * Waits for a start. If storage fails, the start continues in the background, and this resolves.
   * @param onLateFailure receives the failure of a start in the background
   * @throws FtteError `storage` if another process uses the folder, `checkpoint-damaged` if no checkpoint is whole; the
   * start continues in the background then, too
   */
  async during(start: Promise<unknown>, onLateFailure: (error: unknown) => void): Promise<void> {
    const interrupted = new Promise<FtteError>((resolve) => {
      this.interrupt = resolve;
    });
    this.starting.start();
    start.catch((error) => {
      if (!this.interrupt) onLateFailure(error);
    });
    const first = await Promise.race([start.then(() => undefined), interrupted]);
    this.interrupt = undefined;
    if (first && isRefusal(first)) throw first;
  }

  /** Ends the wait of a start. */
  stop(): void {
    this.starting.stop();
    this.decide?.reject(new FtteError('cancelled', 'the coordinator stopped'));
    this.decide = undefined;
  }

  /** Waits until a person has decided to set damaged files aside. @throws FtteError `cancelled` after `stop` */
  decision(damage: FtteError): Promise<void> {
    return new Promise((resolve, reject) => {
      this.decide = { resolve, reject };
      this.update(damage);
    });
  }

  /** Sets the damaged files aside. @throws FtteError `not-ready` if no decision is waited for */
  reset(): void {
    const { decide } = this;
    if (!decide)
      throw new FtteError('not-ready', 'reset: expected damaged checkpoints, and the model is in use');
    this.decide = undefined;
    this.current = undefined;
    decide.resolve();
  }

  /** Runs a part of the start as often as storage needs it. @throws FtteError `cancelled` after `stop` */
  until<T>(job: () => Promise<T>): Promise<T> {
    return this.starting.until(job);
  }

  /** Takes the news that storage failed, or works again (undefined). */
  update(problem: FtteError | undefined): void {
    const { interrupt } = this;
    this.current = problem;
    if (!problem) return void this.options.onRecovered();
    this.interrupt = undefined;
    // The caller of the start gets it.
    if (!interrupt || !isRefusal(problem)) this.options.onProblem(problem);
    interrupt?.(problem);
  }
}

/** Whether a caller of the start gets a failure as its error, because waiting alone does not end it. */
export function isRefusal(error: unknown): boolean {
  return isInUse(error) || isDamaged(error);
}

/** Whether no checkpoint in the folder is whole. */
export function isDamaged(error: unknown): error is FtteError {
  return error instanceof FtteError && error.code === 'checkpoint-damaged';
}

/** Whether storage failed because another process uses the folder. */
function isInUse(error: unknown): error is FtteError {
  return error instanceof FtteError && error.details.reason === 'locked';
}

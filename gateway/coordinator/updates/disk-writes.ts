import { Backoff, type Clock, FtteError, messageOf, type Random, type Timer } from '../../platform';

/** Options of `DiskWrites`. */
export interface DiskWritesOptions {
  readonly clock: Clock;
  /** Jitter between attempts. */
  readonly random: Random;
  /** Writing failed (reported once, not for each attempt), or works again (undefined). */
  readonly onStorage: (problem: FtteError | undefined) => void;
  /** The pause after a failure is over: write again what is not written yet. */
  readonly retry: () => void;
}

const firstRetryMs = 2_000;
const longestRetryMs = 60_000;

/** Writes to a disk that may be full or gone: a failure is reported once, and retried after growing pauses. */
export class DiskWrites {
  private readonly backoff: Backoff;
  private retrying = false;
  private timer: Timer | undefined;
  private failing = false;

  constructor(private readonly options: DiskWritesOptions) {
    this.backoff = new Backoff({ minMs: firstRetryMs, maxMs: longestRetryMs }, options.random);
  }

  /** Retries failures from now on. */
  start(): void {
    this.retrying = true;
  }

  stop(): void {
    this.retrying = false;
    this.timer?.cancel();
  }

  /** Runs a job that writes; resolves to whether all of it is on disk. */
  async write(job: () => Promise<void>): Promise<boolean> {
    try {
      await job();
    } catch (error) {
      this.fail(error);
      return false;
    }
    if (this.failing) this.recover();
    return true;
  }

  private fail(error: unknown): void {
    const problem =
      error instanceof FtteError ? error : new FtteError('storage', messageOf(error), {}, { cause: error });
    if (!this.failing) this.options.onStorage(problem);
    this.failing = true;
    if (!this.retrying || this.timer) return;
    this.timer = this.options.clock.after(
      this.backoff.next(),
      () => {
        this.timer = undefined;
        this.options.retry();
      },
      { holdsProcess: true },
    );
  }

  private recover(): void {
    this.failing = false;
    this.backoff.reset();
    this.timer?.cancel();
    this.timer = undefined;
    this.options.onStorage(undefined);
  }
}

import { type Clock, FtteError, messageOf, type Timer } from '../../platform';

export interface DiskWritesOptions {
  readonly clock: Clock;
  /** Writing failed (told once a reason), or works again (undefined). */
  readonly storage: (problem: FtteError | undefined) => void;
  /** The pause after a failure is over: try again what is not written yet. */
  readonly retry: () => void;
}

const firstRetryMs = 2_000;
const longestRetryMs = 60_000;

/** Writing to a disk that may be full or gone: a failure is told once, and tried again after pauses that grow. */
export class DiskWrites {
  private retrying = false;
  private timer: Timer | undefined;
  private retryMs = firstRetryMs;
  private failing = false;

  constructor(private readonly options: DiskWritesOptions) {}

  /** Failures are tried again from here on. */
  start(): void {
    this.retrying = true;
  }

  stop(): void {
    this.retrying = false;
    this.timer?.cancel();
  }

  /** Does what writes something; tells whether it is on disk. */
  async write(job: () => Promise<void>): Promise<boolean> {
    try {
      await job();
    } catch (error) {
      this.failed(error);
      return false;
    }
    if (this.failing) {
      this.failing = false;
      this.retryMs = firstRetryMs;
      this.timer?.cancel();
      this.timer = undefined;
      this.options.storage(undefined);
    }
    return true;
  }

  private failed(error: unknown): void {
    const problem =
      error instanceof FtteError ? error : new FtteError('storage', messageOf(error), {}, { cause: error });
    if (!this.failing) this.options.storage(problem);
    this.failing = true;
    if (!this.retrying || this.timer) return;
    this.timer = this.options.clock.after(
      this.retryMs,
      () => {
        this.timer = undefined;
        this.retryMs = Math.min(longestRetryMs, this.retryMs * 2);
        this.options.retry();
      },
      { holdsProcess: true },
    );
  }
}

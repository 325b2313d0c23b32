import { asFtteError, FtteError } from '../errors/errors';
import type { Random } from '../random/random';
import { Backoff } from '../time/backoff';
import type { Clock, Timer } from '../time/clock';

/** Options of `DiskWrites`. */
export interface DiskWritesOptions {
  readonly clock: Clock;
  /** Randomness for the jitter of the pauses. */
  readonly random: Random;
  /**
   * Called when storage fails (once per reason, not at each attempt), and with undefined when it works again. A nearly
   * full disk takes some writes and refuses others: a failure soon after it worked comes as the same error, whatever
   * file it concerned, so that it can be counted.
   */
  readonly onStorage: (problem: FtteError | undefined) => void;
  /** Called at the end of the pause after a failure, to write what is not on disk yet. */
  readonly retry?: () => void;
}

const firstRetryMs = 2_000;
/** The system's reasons for which some writes fail and others do not. */
const nearlyFull: readonly string[] = ['ENOSPC', 'EDQUOT'];
/** A failure for one of these within this time after storage worked again is the same trouble. */
const sameTroubleMs = 600_000;
/** With its jitter a pause is at most 30 s. */
const longestRetryMs = 24_000;

/**
 * Writes to storage that may be full, read-only or missing. A failure is reported once, and retried after growing
 * pauses until it works again.
 */
export class DiskWrites {
  private readonly backoff: Backoff;
  private retrying = false;
  private timer: Timer | undefined;
  /** The reason of the present failure. */
  private reason: string | undefined;
  private current: FtteError | undefined;
  /** The failure that was reported last, and the time when it ended. */
  private reported: { readonly reason: string; readonly problem: FtteError; endedMs?: number } | undefined;
  /** The caller that waits in `until`. */
  private waiting: { readonly resolve: () => void; readonly reject: (error: FtteError) => void } | undefined;

  constructor(private readonly options: DiskWritesOptions) {
    this.backoff = new Backoff({ minMs: firstRetryMs, maxMs: longestRetryMs }, options.random);
  }

  /** Whether the last attempt failed. */
  get failing(): boolean {
    return this.reason !== undefined;
  }

  /** The present failure. */
  get problem(): FtteError | undefined {
    return this.current;
  }

  /** Retries failures from this time on. */
  start(): void {
    this.retrying = true;
    if (this.failing) this.arm();
  }

  stop(): void {
    this.retrying = false;
    this.timer?.cancel();
    this.timer = undefined;
    this.waiting?.reject(stopped());
    this.waiting = undefined;
  }

  /** Runs a job that writes. Resolves with whether everything is on disk. */
  async write(job: () => Promise<unknown>): Promise<boolean> {
    try {
      await job();
    } catch (error) {
      this.fail(asFtteError(error, 'storage'));
      return false;
    }
    this.recover();
    return true;
  }

  /**
   * After `start`, runs a job again until its storage works; one job at a time.
   * @throws the error of the job, except those of code `storage`; FtteError `cancelled` after `stop`
   */
  async until<T>(job: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        const result = await job();
        this.recover();
        return result;
      } catch (error) {
        if (!(error instanceof FtteError) || error.code !== 'storage') throw error;
        this.fail(error);
        await this.pause();
      }
    }
  }

  private pause(): Promise<void> {
    if (!this.retrying) return Promise.reject(stopped());
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
    });
  }

  private fail(problem: FtteError): void {
    const reason = String(problem.details.reason ?? problem.code);
    const isNews = this.reason !== reason;
    this.reason = reason;
    this.current = problem;
    this.arm();
    if (!isNews) return;
    const { reported } = this;
    const isSame =
      reported?.reason === reason &&
      nearlyFull.includes(reason) &&
      this.options.clock.now() - (reported.endedMs ?? Number.NEGATIVE_INFINITY) < sameTroubleMs;
    this.reported = { reason, problem: isSame ? reported.problem : problem };
    this.options.onStorage(this.reported.problem);
  }

  private arm(): void {
    if (!this.retrying || this.timer) return;
    this.timer = this.options.clock.after(
      this.backoff.next(),
      () => {
        this.timer = undefined;
        this.waiting?.resolve();
        this.waiting = undefined;
        this.options.retry?.();
      },
      { holdsProcess: true },
    );
  }

  private recover(): void {
    if (!this.failing) return;
    this.reason = undefined;
    this.current = undefined;
    if (this.reported) this.reported.endedMs = this.options.clock.now();
    this.backoff.reset();
    this.timer?.cancel();
    this.timer = undefined;
    this.options.onStorage(undefined);
  }
}

const stopped = () => new FtteError('cancelled', 'it was stopped');

import { type Clock, type Log, noticeCodeOf } from '../../platform';

/** A connection that ends before it is stable is reported if it is the third in a row. */
const shortConnections = 3;

/**
 * Reports that a broker cannot be reached. Each reason is reported once: at once before the first connection, and after a
 * while when a connection is lost, because a broker that restarts needs some time. Further attempts are counted; when the
 * connection is there, the log reports it. Connections that keep ending soon after they were made (for example two clients
 * with the same id) are also reported once.
 */
export class OutageReporter {
  private sinceMs: number | undefined;
  private attempts = 0;
  private short = 0;
  private wasOnline = false;
  private readonly failures = new Set<string>();
  private readonly losses = new Set<string>();

  constructor(
    private readonly options: {
      readonly url: string;
      readonly clock: Clock;
      readonly log: Log;
      /** Time after which the loss of a connection is reported, ms. 0: nothing is ever reported. */
      readonly afterMs: number;
    },
  ) {}

  /** Records that an attempt failed, or that a connection ended. */
  failed(error: Error, wasConnected: boolean): void {
    const { clock, log, afterMs } = this.options;
    this.attempts++;
    this.sinceMs ??= clock.now();
    if (wasConnected) this.short++;
    const late = !this.wasOnline || clock.now() - this.sinceMs >= afterMs;
    const due = wasConnected ? this.short >= shortConnections : late;
    const reported = wasConnected ? this.losses : this.failures;
    if (afterMs === 0 || !due || reported.has(error.message)) return;
    reported.add(error.message);
    log.warn(`${error.message}, trying again`, noticeCodeOf(error));
  }

  connected(): void {
    const { url, clock, log } = this.options;
    if (this.sinceMs !== undefined && this.failures.size > 0) {
      const seconds = Math.round((clock.now() - this.sinceMs) / 1000);
      const again = this.wasOnline ? 'again ' : '';
      log.info(`the broker ${url} is connected ${again}after ${seconds} s and ${this.attempts} attempts`);
    }
    this.wasOnline = true;
    this.sinceMs = undefined;
    this.attempts = 0;
    this.failures.clear();
  }

  /** Records that the connection was stable before it ended. */
  stable(): void {
    this.short = 0;
    this.losses.clear();
  }
}

import type { Clock, Timer } from './clock';

/**
 * Does something after changes, however many there are: at the end of the turn in which the first came, and then at most
 * once per interval. The last change is always followed by it.
 */
export class Throttle {
  private queued = false;
  private timer: Timer | undefined;
  private again = false;
  private stopped = false;

  constructor(
    private readonly clock: Clock,
    private readonly intervalMs: number,
    private readonly action: () => void,
  ) {}

  /** Something has changed. */
  request(): void {
    if (this.stopped || this.queued) return;
    if (this.timer) {
      this.again = true;
      return;
    }
    this.queued = true;
    queueMicrotask(() => {
      this.queued = false;
      this.act();
    });
  }

  /** Does it no more, not even what is due. */
  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
    this.timer = undefined;
  }

  private act(): void {
    if (this.stopped) return;
    this.timer = this.clock.after(this.intervalMs, () => {
      this.timer = undefined;
      if (!this.again) return;
      this.again = false;
      this.act();
    });
    this.action();
  }
}

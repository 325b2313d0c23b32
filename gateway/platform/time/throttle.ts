import type { Clock, Timer } from './clock';

/**
 * Calls an action after changes, whatever their number: at the end of the turn in which the first change came, and then
 * at most once per interval. The action always follows the last change.
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

  /** Asks for the action, after a change. */
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

  /** Ends the throttle: the action is not called again, even if it is due. */
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

import type { Clock, Timer } from '../../platform';
import type { RoundTrigger } from './round-trigger';

/** Tells when a round is due: after so many new windows, or so long after the last one. */
export class RoundSchedule {
  private windows = 0;
  private elapsed = false;
  private timer: Timer | undefined;
  private running = false;

  constructor(
    private readonly trigger: RoundTrigger,
    private readonly clock: Clock,
    /** Called when the interval has passed. */
    private readonly onElapsed: () => void,
  ) {}

  /** Stays true until the round begins or is skipped. */
  get due(): boolean {
    const { newWindows } = this.trigger;
    return this.elapsed || (newWindows > 0 && this.windows >= newWindows);
  }

  start(): void {
    this.running = true;
    this.arm();
  }

  stop(): void {
    this.running = false;
    this.disarm();
  }

  addWindow(): void {
    this.windows++;
  }

  /** A round begins: windows are counted anew, the interval waits for its end. */
  begin(): void {
    this.windows = 0;
    this.elapsed = false;
    this.disarm();
  }

  /** The round has ended; windows that came during it count for the next. */
  end(): void {
    this.arm();
  }

  /** A round was due while one ran: it is left out, not queued. */
  skip(): void {
    this.windows = 0;
  }

  private arm(): void {
    this.disarm();
    if (!this.running || this.trigger.intervalMs <= 0) return;
    this.timer = this.clock.after(
      this.trigger.intervalMs,
      () => {
        this.timer = undefined;
        this.elapsed = true;
        this.onElapsed();
      },
      { holdsProcess: true },
    );
  }

  private disarm(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }
}

import type { Clock, Notice, Timer } from '../platform';

/** Time without the federation above after which that is said, ms. */
const cutOffMs = 30_000;

/** Says when a region is cut off from the federation above, and when that has ended. */
export class CutOffWatch {
  private timer: Timer | undefined;
  private isCutOff = false;

  constructor(
    private readonly clock: Clock,
    private readonly say: (notice: Omit<Notice, 'count'>) => void,
  ) {}

  /** The federation above is connected. */
  connected(): void {
    this.stop();
    if (this.isCutOff)
      this.say({
        code: 'cut-off-ended',
        level: 'info',
        text: 'the federation above is connected again: what this region has learned goes up',
      });
    this.isCutOff = false;
  }

  /** The federation above is not connected, from now on. */
  disconnected(): void {
    this.stop();
    this.timer = this.clock.after(cutOffMs, () => {
      this.isCutOff = true;
      this.say({
        code: 'cut-off',
        level: 'warning',
        text: 'the federation above cannot be reached: this region goes on by itself, and sends what it learns when it can',
      });
    });
  }

  stop(): void {
    this.timer?.cancel();
  }
}

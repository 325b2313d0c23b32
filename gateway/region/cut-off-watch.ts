import { type Clock, CutOffTimer, type Notice } from '../platform';

/** Says when a region is cut off from the federation above, and when that has ended. */
export class CutOffWatch {
  private readonly timer: CutOffTimer;
  private isCutOff = false;

  constructor(
    clock: Clock,
    private readonly say: (notice: Omit<Notice, 'count'>) => void,
  ) {
    this.timer = new CutOffTimer(clock, () => {
      this.isCutOff = true;
      this.say({
        code: 'cut-off',
        level: 'warning',
        text: 'the federation above cannot be reached: this region goes on by itself, and sends what it learns when it can',
      });
    });
  }

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

  /** The federation above is not connected. */
  disconnected(): void {
    this.timer.away();
  }

  stop(): void {
    this.timer.stop();
  }
}

import type { Clock } from '../../../gateway/platform';

/** Counts who still needs something, so that its owner can wait for them before taking it away. */
export class UsageCounter {
  private count = 0;
  private waiting: (() => void)[] = [];

  /** The result gives the hold back; calling it again does nothing. */
  take(): () => void {
    this.count++;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.count--;
      if (this.count === 0) for (const wake of this.waiting.splice(0)) wake();
    };
  }

  /** Resolves when nobody holds, true, or after `limitMs`, false. */
  idle(limitMs: number, clock: Clock): Promise<boolean> {
    if (this.count === 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      const limit = clock.after(limitMs, () => resolve(false));
      this.waiting.push(() => {
        limit.cancel();
        resolve(true);
      });
    });
  }
}

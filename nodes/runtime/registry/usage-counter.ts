import type { Clock } from '../../../gateway/platform';

/** Counts the users of something, so that its owner can wait for them before it closes. */
export class UsageCounter {
  private count = 0;
  private waiting: (() => void)[] = [];

  /** @returns ends the use; a second call does nothing */
  take(): () => void {
    this.count++;
    let inUse = true;
    return () => {
      if (!inUse) return;
      inUse = false;
      this.count--;
      if (this.count === 0) for (const wake of this.waiting.splice(0)) wake();
    };
  }

  /** Resolves with true when there is no user, with false after `limitMs`. */
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

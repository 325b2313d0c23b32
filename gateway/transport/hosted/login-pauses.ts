import type { Clock } from '../../platform';

/** Wrong passwords without a pause: people make mistakes. */
const free = 3;
const firstPauseMs = 1_000;
const longestPauseMs = 30_000;
/** Time after which wrong passwords are forgotten. */
const forgottenMs = 600_000;
/** Pairs of address and user that are remembered; the oldest make room. */
const mostRemembered = 1024;

interface Failures {
  count: number;
  lastMs: number;
  untilMs: number;
}

/**
 * Pauses after wrong passwords, for each address and user: after the third one 1 s, then twice as long each time, 30 s at
 * most. Nothing is checked during a pause, so that guessing is slow; other users of the same address are not affected.
 */
export class LoginPauses {
  private readonly failures = new Map<string, Failures>();

  constructor(private readonly clock: Clock) {}

  isPaused(address: string, user: string): boolean {
    const known = this.failures.get(keyOf(address, user));
    return known !== undefined && this.clock.now() < known.untilMs;
  }

  /** @returns the pause that begins now, ms */
  failed(address: string, user: string): number {
    const [key, now] = [keyOf(address, user), this.clock.now()];
    const known = this.failures.get(key);
    const before = known !== undefined && now - known.lastMs < forgottenMs ? known.count : 0;
    const over = before + 1 - free;
    const pauseMs = over < 0 ? 0 : Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(over, 10));
    // The newest are at the end.
    this.failures.delete(key);
    this.failures.set(key, { count: before + 1, lastMs: now, untilMs: now + pauseMs });
    if (this.failures.size > mostRemembered) this.failures.delete(this.failures.keys().next().value ?? '');
    return pauseMs;
  }

  succeeded(address: string, user: string): void {
    this.failures.delete(keyOf(address, user));
  }

  /** Pairs that are remembered. */
  get size(): number {
    return this.failures.size;
  }
}

/** User names of strangers are cut, so that the table is bounded in bytes, too. */
const keyOf = (address: string, user: string) => `${address} ${user.slice(0, 64)}`;

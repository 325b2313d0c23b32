import type { Random } from '../random/random';

/** Length of the waits between attempts. */
export interface BackoffOptions {
  /** The first wait. Default 1 s. */
  readonly minMs?: number;
  /** The longest wait. Default 60 s. */
  readonly maxMs?: number;
}

/**
 * Waits between attempts: each twice the one before it, up to the longest, and each a quarter shorter to a quarter longer
 * at random, so that a fleet does not come back in one second.
 */
export class Backoff {
  private readonly minMs: number;
  private readonly maxMs: number;
  private nextMs: number;

  constructor(
    { minMs = 1_000, maxMs = 60_000 }: BackoffOptions,
    private readonly random: Random,
  ) {
    this.minMs = minMs;
    this.maxMs = Math.max(minMs, maxMs);
    this.nextMs = minMs;
  }

  /** The wait before the next attempt, ms; the one after it is longer. */
  next(): number {
    const waitMs = this.nextMs * (0.75 + this.random.uniform() / 2);
    this.nextMs = Math.min(this.maxMs, 2 * this.nextMs);
    return waitMs;
  }

  /** The last attempt succeeded: the next wait is the first again. */
  reset(): void {
    this.nextMs = this.minMs;
  }
}

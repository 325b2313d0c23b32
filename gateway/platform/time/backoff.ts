import type { Random } from '../random/random';

/** The lengths of the waits between attempts. */
export interface BackoffOptions {
  /** The first wait, in ms. Default 1 s. */
  readonly minMs?: number;
  /** The longest wait, in ms. Default 60 s. */
  readonly maxMs?: number;
}

/**
 * The waits between attempts. Each wait is twice the one before it, up to the longest, and then up to a quarter shorter
 * or longer at random, so that the gateways of a fleet do not all come back in the same second.
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

  /** The wait before the next attempt, in ms. The wait after it is longer. */
  next(): number {
    const waitMs = this.nextMs * (0.75 + this.random.uniform() / 2);
    this.nextMs = Math.min(this.maxMs, 2 * this.nextMs);
    return waitMs;
  }

  /** The last attempt succeeded: the next wait is the first one again. */
  reset(): void {
    this.nextMs = this.minMs;
  }
}

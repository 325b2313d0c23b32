import type { Random } from '../random/random';

/** How long the waits between attempts are. */
export interface BackoffOptions {
  /** First wait and shortest. Default 1 s. */
  readonly minMs?: number;
  /** Longest wait. Default 60 s. */
  readonly maxMs?: number;
}

/** Waits between attempts: doubling, with jitter so that a fleet does not come back in one second. */
export class Backoff {
  private attempts = 0;
  private readonly minMs: number;
  private readonly maxMs: number;

  constructor(
    options: BackoffOptions,
    private readonly random: Random,
  ) {
    this.minMs = options.minMs ?? 1_000;
    this.maxMs = options.maxMs ?? 60_000;
  }

  /** The next wait, ms: between half of the step and all of it, never under the shortest. */
  next(): number {
    const step = Math.min(this.maxMs, this.minMs * 2 ** Math.min(this.attempts++, 30));
    return Math.max(this.minMs, step * (0.5 + this.random.uniform() / 2));
  }

  /** All is well: the next failure starts from the shortest wait. */
  reset(): void {
    this.attempts = 0;
  }
}

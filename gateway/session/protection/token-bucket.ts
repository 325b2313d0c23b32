/** Bounds of a `TokenBucket`. */
export interface TokenLimits {
  readonly burst: number;
  readonly perSecond: number;
}

/** A bound for something that may be done so many times at once, and then so many times in each second. */
export class TokenBucket {
  private left: number;
  private ms: number;

  /** @param now the time, ms */
  constructor(
    private readonly limits: TokenLimits,
    private readonly now: () => number,
  ) {
    this.left = limits.burst;
    this.ms = now();
  }

  get isEmpty(): boolean {
    return this.filled < 1;
  }

  take(): void {
    this.left = this.filled - 1;
    this.ms = this.now();
  }

  giveBack(): void {
    this.left = Math.min(this.limits.burst, this.left + 1);
  }

  private get filled(): number {
    const passed = Math.max(0, this.now() - this.ms);
    return Math.min(this.limits.burst, this.left + (passed * this.limits.perSecond) / 1_000);
  }
}

import type { Contribution } from '../aggregation/contribution';

/** Versions in a row that may fail with the same contributions. */
export const mostFailures = 3;
/** Failures that are closer together count as one: what lacks for a moment, such as memory, is no reason to give updates up. */
export const apartMs = 10_000;

/**
 * The contributions that were a part of every version that failed since the last one that was made. One of them may be the
 * reason, and would end all versions for ever: they are the oldest, so each attempt begins with them.
 */
export class FailedVersions {
  private common: readonly Contribution[] = [];
  private failures = 0;
  /** When the failure that was counted last happened. */
  private countedMs = 0;

  /** Takes the contributions of a version that failed. @returns those that are to be given up; none before the third failure */
  failed(contributions: readonly Contribution[], nowMs: number): readonly Contribution[] {
    const again = new Set(contributions);
    const common = this.common.filter((one) => again.has(one));
    const isAgain = common.length > 0;
    this.common = isAgain ? common : contributions;
    if (isAgain && nowMs - this.countedMs < apartMs) return [];
    this.countedMs = nowMs;
    this.failures = isAgain ? this.failures + 1 : 1;
    if (this.failures < mostFailures) return [];
    const given = this.common;
    this.made();
    return given;
  }

  /** A version was made. */
  made(): void {
    this.common = [];
    this.failures = 0;
  }
}

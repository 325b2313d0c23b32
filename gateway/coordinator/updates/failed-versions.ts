import type { Contribution } from '../aggregation/contribution';

/** Versions in a row that may fail with the same contributions. */
export const mostFailures = 3;

/**
 * The contributions that were a part of every version that failed since the last one that was made. One of them may be the
 * reason, and would end all versions for ever: they are the oldest, so each attempt begins with them.
 */
export class FailedVersions {
  private common: readonly Contribution[] = [];
  private failures = 0;

  /** Takes the contributions of a version that failed. @returns those that are to be given up; none before the third failure */
  failed(contributions: readonly Contribution[]): readonly Contribution[] {
    const again = new Set(contributions);
    const common = this.common.filter((one) => again.has(one));
    this.failures = common.length > 0 ? this.failures + 1 : 1;
    this.common = common.length > 0 ? common : contributions;
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

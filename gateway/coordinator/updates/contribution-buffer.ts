import type { Contribution } from '../aggregation/contribution';

/** Contributions that wait to be applied, oldest first. */
export class ContributionBuffer {
  private waiting: Contribution[] = [];
  private deltaBytes = 0;

  get size(): number {
    return this.waiting.length;
  }

  /** Memory of the deltas, bytes. */
  get bytes(): number {
    return this.deltaBytes;
  }

  /** The waiting contributions, oldest first; a view that changes with the buffer. */
  get contributions(): readonly Contribution[] {
    return this.waiting;
  }

  /** Whether a contribution of the gateway waits. */
  has(gateway: string): boolean {
    return this.waiting.some((contribution) => contribution.gateway === gateway);
  }

  /** Contributions of the gateway that wait. */
  count(gateway: string): number {
    return this.waiting.reduce((count, one) => (one.gateway === gateway ? count + 1 : count), 0);
  }

  add(contribution: Contribution): void {
    this.waiting.push(contribution);
    this.deltaBytes += contribution.delta.byteLength;
  }

  /** Removes and returns those that do not pass. */
  keep(passes: (contribution: Contribution) => boolean): Contribution[] {
    const kept: Contribution[] = [];
    const removed: Contribution[] = [];
    for (const contribution of this.waiting) (passes(contribution) ? kept : removed).push(contribution);
    if (removed.length === 0) return removed;
    this.waiting = kept;
    for (const { delta } of removed) this.deltaBytes -= delta.byteLength;
    return removed;
  }

  /** Removes and returns the `count` oldest. */
  take(count: number): Contribution[] {
    const taken = this.waiting.splice(0, count);
    for (const { delta } of taken) this.deltaBytes -= delta.byteLength;
    return taken;
  }
}

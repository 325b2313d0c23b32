import type { Contribution } from '../aggregation/contribution';
import { GatewayCounts } from './gateway-counts';

/** Contributions that wait to be applied, oldest first. */
export class ContributionBuffer {
  private waiting: Contribution[] = [];
  private deltaBytes = 0;
  private readonly counts = new GatewayCounts();

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
    return this.counts.of(gateway) > 0;
  }

  /** Contributions of the gateway that wait. */
  count(gateway: string): number {
    return this.counts.of(gateway);
  }

  add(contribution: Contribution): void {
    this.waiting.push(contribution);
    this.note(contribution, 1);
  }

  /** Puts contributions that were taken back, as the oldest ones. */
  putBack(contributions: readonly Contribution[]): void {
    this.waiting = [...contributions, ...this.waiting];
    for (const contribution of contributions) this.note(contribution, 1);
  }

  /** Removes and returns those that do not pass. */
  keep(passes: (contribution: Contribution) => boolean): Contribution[] {
    const kept: Contribution[] = [];
    const removed: Contribution[] = [];
    for (const contribution of this.waiting) (passes(contribution) ? kept : removed).push(contribution);
    if (removed.length === 0) return removed;
    this.waiting = kept;
    for (const one of removed) this.note(one, -1);
    return removed;
  }

  /** Removes and returns the `count` oldest. */
  take(count: number): Contribution[] {
    const taken = this.waiting.splice(0, count);
    for (const one of taken) this.note(one, -1);
    return taken;
  }

  /** Counts a contribution that was put in (1) or removed (-1). */
  private note({ gateway, delta }: Contribution, change: 1 | -1): void {
    this.deltaBytes += change * delta.byteLength;
    this.counts.add(gateway, change);
  }
}

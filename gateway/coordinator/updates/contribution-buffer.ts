import type { Contribution } from '../aggregation/contribution';

/** Contributions waiting to be applied, oldest first. */
export class ContributionBuffer {
  private waiting: Contribution[] = [];
  private held = 0;

  get size(): number {
    return this.waiting.length;
  }

  /** Memory of the deltas, bytes. */
  get bytes(): number {
    return this.held;
  }

  /** What waits, oldest first; it changes with the buffer. */
  get contributions(): readonly Contribution[] {
    return this.waiting;
  }

  add(contribution: Contribution): void {
    this.waiting.push(contribution);
    this.held += contribution.delta.byteLength;
  }

  /** Takes the `count` oldest out. */
  take(count: number): Contribution[] {
    const taken = this.waiting.splice(0, count);
    for (const { delta } of taken) this.held -= delta.byteLength;
    return taken;
  }
}

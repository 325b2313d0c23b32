import { lengthOf, type Message } from '../../wire';
import { GatewayCounts } from './gateway-counts';
import type { Incoming } from './update-admission';

/** Updates that have arrived and were not checked yet, in the order of their arrival. */
export class IncomingUpdates {
  private waiting: Incoming[] = [];
  private deltaBytes = 0;
  private readonly counts = new GatewayCounts();

  /** The number of updates that wait to be checked. */
  get size(): number {
    return this.waiting.length;
  }

  /** Memory of the deltas of those that wait, and of those that are being checked, bytes. */
  get bytes(): number {
    return this.deltaBytes;
  }

  /** Updates of the gateway that wait to be checked. */
  count(gateway: string): number {
    return this.counts.of(gateway);
  }

  add(incoming: Incoming): void {
    this.waiting.push(incoming);
    this.deltaBytes += deltaBytes(incoming.update);
    this.counts.add(incoming.update.sender, 1);
  }

  /** Removes and returns the `count` oldest, to be checked. Their memory counts until `checked`. */
  take(count: number): Incoming[] {
    const taken = this.waiting.splice(0, count);
    for (const { update } of taken) this.counts.add(update.sender, -1);
    return taken;
  }

  /** The updates of `take` were checked. */
  checked(batch: readonly Incoming[]): void {
    for (const { update } of batch) this.deltaBytes -= deltaBytes(update);
  }
}

/** Memory that the delta of an update takes when it is decoded, bytes. */
export function deltaBytes({ delta }: Message<'update'>): number {
  return lengthOf(delta) * Float32Array.BYTES_PER_ELEMENT;
}

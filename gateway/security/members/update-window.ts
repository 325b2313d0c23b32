/** Counters below the highest one that may still be new: an update may be overtaken by later ones on its way. */
export const windowLength = 256;

/** Counters of which the updates are remembered in detail. */
const mostDigests = 64;

/** The counters of a member's updates as they are kept on disk. */
export interface WindowState {
  /** The highest counter that was accepted; -1 if there is none. */
  readonly highest: number;
  /** One bit for each of the counters from `highest` downwards: it was accepted. */
  readonly accepted: Uint8Array;
}

/** The fate of an update by its counter: it counts, it has counted before, or another update has used its counter. */
export type CounterVerdict = 'new' | 'repeated' | 'conflict';

/** The window of accepted counters, as in RFC 4303, appendix A2: each counter is accepted once (P-28). */
export class UpdateWindow {
  private highestCounter: number;
  private readonly bits: Uint8Array;
  private readonly digests = new Map<number, string>();

  constructor(state: WindowState = { highest: -1, accepted: new Uint8Array(0) }) {
    this.highestCounter = state.highest;
    this.bits = new Uint8Array(windowLength / 8);
    this.bits.set(state.accepted.subarray(0, this.bits.length));
  }

  get highest(): number {
    return this.highestCounter;
  }

  get state(): WindowState {
    return { highest: this.highestCounter, accepted: Uint8Array.from(this.bits) };
  }

  /** The verdict on an update; `accept` makes it count. @param digest names its content */
  judge(counter: number, digest: string): CounterVerdict {
    const known = this.digests.get(counter);
    if (known !== undefined && known !== digest) return 'conflict';
    const below = this.highestCounter - counter;
    if (below < 0) return 'new';
    return below < windowLength && !this.isSet(below) ? 'new' : 'repeated';
  }

  /** Notes an update that counts now. */
  accept(counter: number, digest: string): void {
    const above = counter - this.highestCounter;
    if (above > 0) {
      this.shift(above);
      this.highestCounter = counter;
    }
    const below = this.highestCounter - counter;
    if (below < windowLength) this.bits[below >> 3]! |= 1 << (below & 7);
    this.digests.set(counter, digest);
    const [oldest] = this.digests.keys();
    if (this.digests.size > mostDigests && oldest !== undefined) this.digests.delete(oldest);
  }

  private isSet(below: number): boolean {
    return (this.bits[below >> 3]! & (1 << (below & 7))) !== 0;
  }

  private shift(by: number): void {
    if (by >= windowLength) return void this.bits.fill(0);
    const before = Uint8Array.from(this.bits);
    this.bits.fill(0);
    for (let at = 0; at + by < windowLength; at++)
      if ((before[at >> 3]! & (1 << (at & 7))) !== 0) this.bits[(at + by) >> 3]! |= 1 << ((at + by) & 7);
  }
}

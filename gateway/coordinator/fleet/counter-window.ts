import { idBytes } from './seen-ids';

/** Counters below the highest one that may still be new: an update may be overtaken by later ones on its way. */
export const windowLength = 256;
/**
 * Counters from the highest one downwards whose updates are known by their ids. A gateway has at most half as many updates on
 * their way.
 */
const idsLength = 64;
const bitsBytes = windowLength / 8;
const headBytes = 8;

/**
 * The fate of an update by its counter: it counts, it has counted before, another update has used its counter, or it is so
 * far behind that nobody knows.
 */
export type CounterVerdict = 'new' | 'counted' | 'conflict' | 'behind';

/**
 * The counters of one gateway's accepted updates, each of which counts once (P-28): a window of bits below the highest one,
 * as in RFC 4303, appendix A2, and the ids of the newest ones. Its size is fixed, whatever comes.
 */
export class CounterWindow {
  private highestCounter = -1;
  /** One bit for each of the counters from the highest one downwards. */
  private readonly bits = Buffer.alloc(bitsBytes);
  /** The id of each of the newest counters, at its remainder. */
  private readonly ids = Buffer.alloc(idsLength * idBytes);

  /** @param bytes of a window that was saved @throws RangeError if they are not */
  constructor(bytes?: Uint8Array) {
    if (!bytes) return;
    if (bytes.length !== windowBytes) throw new RangeError(`${bytes.length} bytes, expected ${windowBytes}`);
    const saved = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.highestCounter = saved.readDoubleLE(0);
    saved.copy(this.bits, 0, headBytes, headBytes + bitsBytes);
    saved.copy(this.ids, 0, headBytes + bitsBytes);
  }

  /** The highest counter that was accepted; -1 if there is none. */
  get highest(): number {
    return this.highestCounter;
  }

  /** Highest counter (float64, little endian), bits, and ids. */
  get bytes(): Uint8Array {
    const head = Buffer.alloc(headBytes);
    head.writeDoubleLE(this.highestCounter);
    return Buffer.concat([head, this.bits, this.ids]);
  }

  /** Whether an update of this id is among the newest ones. */
  has(id: string): boolean {
    const wanted = Buffer.from(id, 'hex');
    for (let at = this.ids.indexOf(wanted); at >= 0; at = this.ids.indexOf(wanted, at + 1)) {
      if (at % idBytes !== 0) continue;
      // The newest counter with this remainder.
      const below = (this.highestCounter + idsLength - at / idBytes) % idsLength;
      if (below <= this.highestCounter && this.isSet(below)) return true;
    }
    return false;
  }

  judge(counter: number, id: string): CounterVerdict {
    const below = this.highestCounter - counter;
    if (below < 0) return 'new';
    if (below >= windowLength) return 'behind';
    if (!this.isSet(below)) return 'new';
    return below >= idsLength || this.idAt(counter) === id ? 'counted' : 'conflict';
  }

  /** Notes an update that counts now. */
  accept(counter: number, id: string): void {
    const above = counter - this.highestCounter;
    if (above > 0) {
      this.shift(above);
      this.highestCounter = counter;
    }
    const below = this.highestCounter - counter;
    if (below < windowLength) this.bits[below >> 3]! |= 1 << (below & 7);
    if (below < idsLength) this.ids.write(id, placeOf(counter), idBytes, 'hex');
  }

  /** An update that was accepted does not count after all. */
  withdraw(counter: number): void {
    const below = this.highestCounter - counter;
    if (below >= 0 && below < windowLength) this.bits[below >> 3]! &= ~(1 << (below & 7));
  }

  private idAt(counter: number): string {
    const at = placeOf(counter);
    return this.ids.toString('hex', at, at + idBytes);
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

/** Bytes of a window that is saved. */
export const windowBytes = headBytes + bitsBytes + idsLength * idBytes;

const placeOf = (counter: number) => (counter % idsLength) * idBytes;

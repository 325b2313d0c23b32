/**
 * Adaptive binary range coding of bits (Martin 1979; the arithmetic is that of LZMA): integers below 2^33 only, so that every
 * language makes the same bytes. docs/protocol.md (Levels) describes it for a reader.
 */

/** One bit after the other, each with the probability of its context; an encoder and a decoder share all code above. */
export interface BitCoder {
  /** Codes one bit in a context. @param bit what an encoder writes; a decoder does not look at it */
  code(context: number, bit: number): number;
  /** Codes one bit with the probability 1/2. */
  raw(bit: number): number;
}

/** Probabilities are of a 1, in 65 536ths, and used in 4096ths. */
const unused = 4;
/** Each bit moves its probability by 1/64 of the way to one of these, so that no bit is ever without cost. */
const [lowest, highest] = [512, 65_024];
const rate = 6;
/** Below this the range takes another byte. */
const least = 2 ** 24;

const after = (p: number, bit: number): number =>
  bit === 1 ? p + ((highest - p) >> rate) : p - ((p - lowest) >> rate);

/** Bits to bytes. */
export class BitEncoder implements BitCoder {
  private low = 0;
  private range = 0xffffffff;
  /** The byte that a carry can still change, and how many bytes wait: it, and those of 255 after it. */
  private held = 0;
  private waiting = 1;
  private bytes = new Uint8Array(1024);
  private length = 0;

  /** @param p a probability for each context, which changes */
  constructor(private readonly p: Uint16Array) {}

  code(context: number, bit: number): number {
    const p = this.p[context]!;
    this.split((this.range >>> 12) * (p >> unused), bit);
    this.p[context] = after(p, bit);
    return bit;
  }

  raw(bit: number): number {
    this.split(this.range >>> 1, bit);
    return bit;
  }

  /** The bytes of all bits; a decoder reads zeros after their end. */
  finish(): Uint8Array {
    // The number in the range with the most zeros at its end.
    for (let unit = 2 ** 32; unit >= 1; unit /= 2) {
      const end = Math.ceil(this.low / unit) * unit;
      if (end >= this.low + this.range) continue;
      this.low = end;
      break;
    }
    for (let i = 0; i < 5; i++) this.shift();
    let { length } = this;
    while (length > 1 && this.bytes[length - 1] === 0) length--;
    // The first byte is zero, whatever the bits are.
    return this.bytes.slice(1, length);
  }

  private split(bound: number, bit: number): void {
    if (bit === 1) this.range = bound;
    else {
      this.low += bound;
      this.range -= bound;
    }
    while (this.range < least) {
      this.range = (this.range << 8) >>> 0;
      this.shift();
    }
  }

  private shift(): void {
    const { low } = this;
    if (low < 0xff000000 || low >= 2 ** 32) {
      const carry = low >= 2 ** 32 ? 1 : 0;
      for (let byte = this.held; this.waiting > 0; byte = 255, this.waiting--)
        this.push((byte + carry) & 255);
      this.held = Math.floor(low / least) & 255;
    }
    this.waiting++;
    this.low = (low % least) * 256;
  }

  private push(byte: number): void {
    if (this.length === this.bytes.length) {
      const larger = new Uint8Array(2 * this.length);
      larger.set(this.bytes);
      this.bytes = larger;
    }
    this.bytes[this.length++] = byte;
  }
}

/** Bytes to bits. Any bytes give bits, and after their end zeros follow: what they mean is for the caller to check. */
export class BitDecoder implements BitCoder {
  private range = 0xffffffff;
  private value = 0;
  private at = 0;

  /** @param p a probability for each context, which changes */
  constructor(
    private readonly p: Uint16Array,
    private readonly bytes: Uint8Array,
  ) {
    for (let i = 0; i < 4; i++) this.value = ((this.value << 8) | this.next()) >>> 0;
  }

  code(context: number): number {
    const p = this.p[context]!;
    const bit = this.split((this.range >>> 12) * (p >> unused));
    this.p[context] = after(p, bit);
    return bit;
  }

  raw(): number {
    return this.split(this.range >>> 1);
  }

  private split(bound: number): number {
    const bit = this.value < bound ? 1 : 0;
    if (bit === 1) this.range = bound;
    else {
      this.value -= bound;
      this.range -= bound;
    }
    while (this.range < least) {
      this.range = (this.range << 8) >>> 0;
      this.value = ((this.value << 8) | this.next()) >>> 0;
    }
    return bit;
  }

  private next(): number {
    return this.at < this.bytes.length ? this.bytes[this.at++]! : 0;
  }
}

/** Coding of levels, integers around zero: contexts of the values before, so that what is likely takes a fraction of a bit. */
import { priors } from './level-priors';
import type { BitCoder } from './range-coder';

/** Levels are between this and its negative. */
export const largestLevel = 32_767;

/** Buckets of the dither's size, and of the mean size of the values nearby. */
const ditherBuckets = 4;
const sizeBuckets = 10;
const pairs = ditherBuckets * sizeBuckets;
/** Upper ends of the buckets of size, in 1/256 of a step. */
const sizeEnds = Uint16Array.of(69, 84, 102, 128, 166, 230, 333, 512, 896);
/** A size counts at most this much, in 1/256 of a step. */
const largestSize = 1535;
/** A size up to this one is coded as answers to `larger than 1? than 2?`, each with contexts of its own. */
const unary = 7;

/** Offsets of the contexts of a bit: is it zero, has it the sign of the dither, is it larger than 1, than 2 to 6. */
const signs = pairs;
const seconds = signs + pairs;
const more = seconds + 2 * pairs;
/** Contexts in all. */
export const contexts = more + (unary - 2) * sizeBuckets;

/** The probabilities of a 1 at the beginning of a message: learned from recorded changes of parameters. */
export const initialProbabilities = (): Uint16Array => Uint16Array.from(priors, (p) => 256 * p + 128);

/** Codes the levels of one message, in their order. */
export class LevelCoder {
  /** Eight times the running mean of sizes, of all values and of those of each column, in 1/256 of a step. */
  private left = 1024;
  private readonly columns: Uint16Array;
  private column = 0;

  /** @param stride values from one to the next that resembles it, such as the outputs of a kernel; 0: there are none */
  constructor(
    private readonly coder: BitCoder,
    private readonly stride: number,
  ) {
    this.columns = new Uint16Array(stride).fill(1024);
  }

  /**
   * Codes one level.
   * @param level what an encoder writes; a decoder does not look at it
   * @param dither of this value, an odd number of 1/131072 from -65535 to 65535; 0: there is none
   */
  next(level: number, dither: number): number {
    const { coder, stride, column } = this;
    const mean = stride > 0 ? (this.left + this.columns[column]!) >> 4 : this.left >> 3;
    let bucket = 0;
    while (bucket < sizeBuckets - 1 && mean >= sizeEnds[bucket]!) bucket++;
    const pair = (Math.abs(dither) >> 14) * sizeBuckets + bucket;
    let result = 0;
    if (coder.code(pair, level === 0 ? 0 : 1) === 1) {
      const size = Math.abs(level);
      const agrees = coder.code(signs + pair, level > 0 === dither >= 0 ? 1 : 0);
      let found = 1;
      if (coder.code(seconds + agrees * pairs + pair, size > 1 ? 1 : 0) === 1) {
        found = 2;
        while (
          found < unary &&
          coder.code(more + (found - 2) * sizeBuckets + bucket, size > found ? 1 : 0) === 1
        )
          found++;
        if (found === unary) found += this.rest(size - unary);
      }
      result = (agrees === 1) === dither >= 0 ? found : -found;
    }
    const value = Math.abs(131072 * result - dither) / 512;
    const far = value > largestSize ? largestSize : Math.floor(value);
    this.left += far - (this.left >> 3);
    if (stride > 0) {
      this.columns[column]! += far - (this.columns[column]! >> 3);
      this.column = column + 1 === stride ? 0 : column + 1;
    }
    return result;
  }

  /** An Exp-Golomb number of order 1: as many ones as it has further bits, a zero, and the bits, the highest first. */
  private rest(value: number): number {
    const { coder } = this;
    let bits = 1;
    let from = 0;
    while (bits < 15 && coder.raw(value >= from + 2 ** bits ? 1 : 0) === 1) from += 2 ** bits++;
    let rest = 0;
    for (let bit = bits - 1; bit >= 0; bit--) rest = 2 * rest + coder.raw(((value - from) >> bit) & 1);
    return from + rest;
  }
}

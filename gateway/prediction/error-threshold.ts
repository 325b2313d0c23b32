/** At most this share of the windows is taken for far off. If there are more, they are ordinary, too. */
const mostFarOff = 0.1;
/**
 * Robust deviations of the logarithm above the median beyond which an error is far off. If the logarithms were normally
 * distributed, well under the given share would be beyond it (P(Z > t) < exp(-t^2 / 2)).
 */
const farOff = (share: number) => Math.sqrt(-2 * Math.log(share));
/** The factor from a median absolute deviation to the standard deviation of a normal distribution. */
const perMedianDeviation = 1.4826;
/** Errors that are kept: enough to have some above the quantile, and at most 64 KB. */
const capacityOf = (share: number) => Math.min(16_384, Math.max(512, Math.ceil(10 / share)));

/**
 * Learns the size of ordinary reconstruction errors from a stream of them. The threshold is the quantile that leaves
 * the given share of the newest errors above it. A few errors that are far off (anomalies during learning) are left
 * out, so that they do not raise it. Memory is bounded; the oldest errors are dropped.
 */
export class ErrorThreshold {
  /** Errors that are needed before there is a threshold. On average, one of them is above it. */
  readonly needed: number;
  private readonly errors: Float32Array;
  private count = 0;
  private next = 0;
  private known: number | undefined;
  private sinceKnown = 0;

  /** @param share of the ordinary errors above the threshold, 0 to 1 */
  constructor(private readonly share: number) {
    this.errors = new Float32Array(capacityOf(share));
    this.needed = Math.min(this.errors.length, Math.max(32, Math.ceil(1 / share)));
  }

  /** Most errors that are kept. */
  get capacity(): number {
    return this.errors.length;
  }

  /** Errors that are kept at this time. */
  get size(): number {
    return this.count;
  }

  /** The threshold. Undefined while there are too few errors. */
  get value(): number | undefined {
    if (this.count < this.needed) return undefined;
    // Sorting after each error would cost more than predicting. New errors of one hundredth hardly move the threshold.
    if (this.known === undefined || this.sinceKnown * 100 >= this.count) {
      this.known = quantile(
        ordinary(this.errors.slice(0, this.count).sort(), farOff(this.share)),
        1 - this.share,
      );
      this.sinceKnown = 0;
    }
    return this.known;
  }

  add(error: number): void {
    this.errors[this.next] = error;
    this.next = (this.next + 1) % this.errors.length;
    this.count = Math.min(this.count + 1, this.errors.length);
    this.sinceKnown++;
  }

  /** The errors, oldest first; a copy. */
  list(): Float32Array {
    const all = new Float32Array(this.count);
    const oldest = this.count < this.errors.length ? 0 : this.next;
    const first = this.errors.subarray(oldest, this.count);
    all.set(first);
    all.set(this.errors.subarray(0, oldest), first.length);
    return all;
  }

  /** Multiplies every error by a ratio, for another model. */
  scale(ratio: number): void {
    for (let i = 0; i < this.count; i++) this.errors[i]! *= ratio;
    if (this.known !== undefined) this.known *= ratio;
  }

  clear(): void {
    this.count = 0;
    this.next = 0;
    this.known = undefined;
  }
}

/** Ascending errors without those that are more than `far` robust deviations off. */
function ordinary(sorted: Float32Array, far: number): Float32Array {
  const middle = Math.log(Math.max(quantile(sorted, 0.5), Number.MIN_VALUE));
  const distances = sorted.map((error) => Math.abs(Math.log(Math.max(error, Number.MIN_VALUE)) - middle));
  const deviation = perMedianDeviation * quantile(distances.sort(), 0.5);
  const limit = Math.exp(middle + far * deviation);
  const kept = sorted.findLastIndex((error) => error <= limit) + 1;
  return sorted.length - kept > mostFarOff * sorted.length ? sorted : sorted.subarray(0, kept);
}

/** The quantile of ascending values, interpolated between the two nearest. */
function quantile(sorted: Float32Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? 0;
  const above = sorted[Math.ceil(place)] ?? below;
  return below + (above - below) * (place - Math.floor(place));
}

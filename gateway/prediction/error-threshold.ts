/** Of the windows seen at most this share is taken for far off; where more are, they are ordinary, too. */
const mostFarOff = 0.1;
/**
 * Robust deviations of the logarithm above the median beyond which an error is far off: were logarithms normally
 * distributed, well under the wanted share would be there (P(Z > t) < exp(-t^2 / 2)).
 */
const farOff = (share: number) => Math.sqrt(-2 * Math.log(share));
/** A median deviation times this estimates a normal distribution's deviation. */
const perMedianDeviation = 1.4826;
/** Numbers kept: enough to have some above the quantile, and never more than 64 KB. */
const capacityOf = (share: number) => Math.min(16_384, Math.max(512, Math.ceil(10 / share)));

/**
 * Learns from a stream of reconstruction errors which of them are out of the ordinary: the threshold is the quantile
 * that leaves the wanted share of the newest errors above it. A few errors that are far off (anomalies that came while
 * it learned) are left out, so that they do not raise it. Bounded memory; the oldest are forgotten.
 */
export class ErrorThreshold {
  /** Errors it needs before there is a threshold: one, on average, is above it then. */
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

  /** Errors it knows at most. */
  get capacity(): number {
    return this.errors.length;
  }

  /** Errors it knows now. */
  get size(): number {
    return this.count;
  }

  /** Undefined while it knows too few. */
  get value(): number | undefined {
    if (this.count < this.needed) return undefined;
    // Sorting for each error would cost more than predicting; a hundredth of new ones hardly moves it.
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

  /** The errors it knows, oldest first; a copy. */
  list(): Float32Array {
    const all = new Float32Array(this.count);
    const oldest = this.count < this.errors.length ? 0 : this.next;
    const first = this.errors.subarray(oldest, this.count);
    all.set(first);
    all.set(this.errors.subarray(0, oldest), first.length);
    return all;
  }

  /** Every error is this many times what it was: another model judges. */
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

/** Ascending errors without those that are `far` robust deviations off. */
function ordinary(sorted: Float32Array, far: number): Float32Array {
  const middle = Math.log(Math.max(quantile(sorted, 0.5), Number.MIN_VALUE));
  const distances = sorted.map((error) => Math.abs(Math.log(Math.max(error, Number.MIN_VALUE)) - middle));
  const deviation = perMedianDeviation * quantile(distances.sort(), 0.5);
  const limit = Math.exp(middle + far * deviation);
  const kept = sorted.findLastIndex((error) => error <= limit) + 1;
  return sorted.length - kept > mostFarOff * sorted.length ? sorted : sorted.subarray(0, kept);
}

/** Of ascending values, between the two nearest. */
function quantile(sorted: Float32Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? 0;
  const above = sorted[Math.ceil(place)] ?? below;
  return below + (above - below) * (place - Math.floor(place));
}

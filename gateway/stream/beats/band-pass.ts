/** Half of the filter's length in seconds: the delay of what it gives. */
const halfSeconds = 0.15;

/**
 * A band-pass with linear phase: an ideal one under a Hamming window. All of its delay is `delay` samples, whatever the
 * frequency, so that a peak in its output lies where it lay in the signal.
 */
export class BandPass {
  /** Samples by which the output is behind. */
  readonly delay: number;
  private readonly taps: Float64Array;
  /** The newest samples, each at its number modulo the length. */
  private readonly samples: Float64Array;
  private count = 0;

  constructor(rateHz: number, lowHz: number, highHz: number) {
    this.delay = Math.max(1, Math.round(halfSeconds * rateHz));
    const length = 2 * this.delay + 1;
    this.taps = Float64Array.from({ length }, (_, i) => {
      const k = i - this.delay;
      const hamming = 0.54 + 0.46 * Math.cos((Math.PI * k) / this.delay);
      return hamming * (lowPass(highHz / rateHz, k) - lowPass(lowHz / rateHz, k));
    });
    this.samples = new Float64Array(length);
  }

  /** The filtered value of the sample `delay` before this one. Before the first sample lie zeros. */
  push(value: number): number {
    const { taps, samples } = this;
    const { length } = taps;
    samples[this.count % length] = value;
    this.count++;
    let sum = 0;
    // The taps are symmetric, so the direction does not matter.
    for (let i = 0, at = this.count % length; i < length; i++) {
      sum += taps[i]! * samples[at]!;
      if (++at === length) at = 0;
    }
    return sum;
  }

  reset(): void {
    this.samples.fill(0);
    this.count = 0;
  }
}

/** The ideal low-pass at a share of the sampling rate. */
const lowPass = (share: number, k: number) =>
  k === 0 ? 2 * share : Math.sin(2 * Math.PI * share * k) / (Math.PI * k);

import { KeyedRandom, type Resumable } from '../../platform';
import { rootCoefficients } from '../../privacy';

/** Normals that are drawn between two pauses: about a millisecond. */
const drawnAtOnce = 4_096;
/** Products that are added between two pauses. */
const addedAtOnce = 65_536;

/**
 * The noise of one version after the other: y_t = xi_t - sum_k c_k y_(t - k), with normals xi that are drawn from seeds, which is
 * the series of 1 / c over all past normals. Nothing of it is stored: after a restart it is drawn again.
 */
export class NoiseStream {
  private nonces: string[] = [];
  private coefficients = rootCoefficients(1);
  /** The newest noise first, as many as there are coefficients. */
  private past: Float64Array[] = [];

  constructor(private readonly seed: (nonce: string) => Uint8Array) {}

  /**
   * The noise of the last of some versions, `[size]`, of deviation 1 if they are independent. Valid until the next call.
   * @param nonces of all versions since the noise began
   */
  *of(nonces: readonly string[], band: number, size: number): Resumable<Float64Array> {
    const goesOn =
      this.coefficients.length === band &&
      this.past[0]?.length === size &&
      this.past.length === Math.min(band, this.nonces.length) &&
      this.nonces.length <= nonces.length &&
      this.nonces.every((nonce, i) => nonce === nonces[i]);
    if (!goesOn) {
      this.nonces = [];
      this.past = [];
      this.coefficients = rootCoefficients(band);
    }
    for (const nonce of nonces.slice(this.nonces.length)) {
      yield* this.draw(nonce, size);
      this.nonces.push(nonce);
    }
    return this.past[0]!;
  }

  private *draw(nonce: string, size: number): Resumable<void> {
    const { past, coefficients } = this;
    const random = new KeyedRandom(this.seed(nonce));
    const oldest = past.length >= coefficients.length ? past.pop() : undefined;
    const values = oldest ?? new Float64Array(size);
    for (let from = 0; from < size; from += drawnAtOnce) {
      const end = Math.min(size, from + drawnAtOnce);
      for (let i = from; i < end; i++) values[i] = random.noise();
      yield;
    }
    for (const [k, before] of past.entries()) {
      const c = coefficients[k + 1]!;
      for (let from = 0; from < size; from += addedAtOnce) {
        const end = Math.min(size, from + addedAtOnce);
        for (let i = from; i < end; i++) values[i]! -= c * before[i]!;
        yield;
      }
    }
    past.unshift(values);
  }
}

import { FtteError } from '../platform';

/**
 * The first coefficients of (1 - x)^(-1/2). The sums of a stream with noise whose coefficients are those of their inverse
 * have the least noise together (Fichtenberger 2023, arXiv 2202.11205); cut after `band` of them, contributions of one
 * gateway that are at least as many releases apart do not add up (Kalinin and Lampert 2024, arXiv 2405.13763).
 * @param band at least 1; 1 is noise that is independent
 */
export function rootCoefficients(band: number): Float64Array {
  if (!Number.isInteger(band) || band < 1)
    throw new FtteError('config-invalid', `band: expected a whole number of 1 or more, got ${band}`);
  const coefficients = new Float64Array(band);
  coefficients[0] = 1;
  for (let k = 1; k < band; k++) coefficients[k] = coefficients[k - 1]! * (1 - 1 / (2 * k));
  return coefficients;
}

/** Norm of the coefficients: how much one contribution changes, at most, over all releases, for a clipping norm of 1. */
export const bandNorm = (band: number): number => Math.hypot(...rootCoefficients(band));

/** The series of 1 / c, whose products with past normals are the noise of a release. */
export function inverseSeries(coefficients: Float64Array, length: number): Float64Array {
  const series = new Float64Array(length);
  for (let t = 0; t < length; t++) {
    let value = t === 0 ? 1 : 0;
    const most = Math.min(coefficients.length - 1, t);
    for (let k = 1; k <= most; k++) value -= coefficients[k]! * series[t - k]!;
    series[t] = value;
  }
  return series;
}

/** Deviations of the noise in the sum of all releases so far, for normals of deviation 1. */
export interface SummedNoise {
  /** After the last release. */
  readonly last: number;
  /** Root of the mean square over all releases. */
  readonly typical: number;
}

/** The noise that is left in the model, whose parameters are sums of releases. */
export function summedNoise(releases: number, band: number): SummedNoise {
  let [sum, variance, total] = [0, 0, 0];
  for (const value of inverseSeries(rootCoefficients(band), releases)) {
    sum += value;
    variance += sum * sum;
    total += variance;
  }
  return { last: Math.sqrt(variance), typical: Math.sqrt(total / releases) };
}

import { type FeaturePlan, quantilePercents } from '../../../model';
import { varianceFloor } from './feature-kernels';

/** A signal's mean and its deviations from the mean, row by row. */
interface Centred {
  readonly mean: number;
  readonly rows: Float64Array;
  readonly variance: number;
}

const mean = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
};

function centred(signal: Float64Array): Centred {
  const centre = mean(signal);
  const rows = signal.map((value) => value - centre);
  return { mean: centre, rows, variance: mean(rows.map((value) => value * value)) };
}

/**
 * The features of one window in plain JavaScript, as docs/features.md defines them.
 * @param window `[length, channels]`
 */
export function windowFeatures(window: ArrayLike<number>, plan: FeaturePlan): number[] {
  const { length, channels, signals, magnitudes, has } = plan;
  const channel = (c: number) => Float64Array.from({ length }, (_, row) => window[row * channels + c]!);
  const own = Array.from({ length: signals }, (_, c) => channel(c));
  const sizes = magnitudes.map((first) => {
    const [a, b, c] = own.slice(first, first + 3) as [Float64Array, Float64Array, Float64Array];
    return a.map((value, row) => Math.fround(Math.sqrt(value * value + b[row]! ** 2 + c[row]! ** 2)));
  });
  const all = own.map(centred);
  const answer = [
    ...own.flatMap((signal, c) => signalFeatures(signal, all[c]!, plan)),
    ...sizes.flatMap((signal) => signalFeatures(signal, centred(signal), plan)),
  ];
  if (has('correlation')) answer.push(...correlations(all));
  for (let c = signals; c < channels; c++) answer.push(window[(length - 1) * channels + c]!);
  return answer;
}

function signalFeatures(signal: Float64Array, centre: Centred, plan: FeaturePlan): number[] {
  const { rows, variance } = centre;
  const { has } = plan;
  const answer: number[] = [];
  if (has('mean')) answer.push(centre.mean);
  if (has('deviation')) answer.push(Math.sqrt(variance));
  if (has('quantiles')) {
    const sorted = signal.toSorted();
    answer.push(...quantilePercents.map((percent) => quantile(sorted, percent)));
  }
  if (has('range')) answer.push(range(signal));
  if (has('energy')) answer.push(mean(signal.map((value) => value * value)));
  if (has('crossings')) answer.push(overSteps(rows, (a, b) => (a >= 0 === b >= 0 ? 0 : 1)));
  if (has('difference')) answer.push(overSteps(signal, (a, b) => Math.abs(b - a)));
  if (has('autocorrelation'))
    for (const lag of plan.lags) answer.push(covariance(rows, rows, lag) / (variance + varianceFloor));
  if (has('bands')) answer.push(...bandEnergies(rows, plan));
  return answer;
}

/** A quantile between the two values beside it, by distance: the usual one of R (type 7) and numpy. */
function quantile(sorted: Float64Array, percent: number): number {
  const place = ((sorted.length - 1) * percent) / 100;
  const below = Math.floor(place);
  const [a, b] = [sorted[below]!, sorted[Math.min(below + 1, sorted.length - 1)]!];
  return a + (b - a) * (place - below);
}

/** Difference of the largest and the smallest value. */
function range(values: Float64Array): number {
  let [least, most] = [values[0]!, values[0]!];
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return most - least;
}

/** Mean over the steps from one row to the next. */
function overSteps(values: Float64Array, of: (before: number, after: number) => number): number {
  let sum = 0;
  for (let i = 1; i < values.length; i++) sum += of(values[i - 1]!, values[i]!);
  return sum / (values.length - 1);
}

/** Mean of the products of two centred signals, the second `lag` rows later; over the whole length. */
function covariance(a: Float64Array, b: Float64Array, lag = 0): number {
  let sum = 0;
  for (let i = lag; i < a.length; i++) sum += a[i - lag]! * b[i]!;
  return sum / a.length;
}

function correlations(signals: readonly Centred[]): number[] {
  return signals.flatMap((a, i) =>
    signals.slice(i + 1).map((b) => {
      const spread = Math.sqrt(a.variance) * Math.sqrt(b.variance);
      return covariance(a.rows, b.rows) / (spread + varianceFloor);
    }),
  );
}

/**
 * The variance in each octave, lowest first: the one-sided power of the Fourier transform of the signal with zeros behind
 * it. The bands add up to the variance (Parseval).
 */
function bandEnergies(rows: Float64Array, { padded, bands, length }: FeaturePlan): number[] {
  const re = new Float64Array(padded);
  const im = new Float64Array(padded);
  re.set(rows);
  transform(re, im);
  const half = padded / 2;
  const energies = new Array<number>(bands).fill(0);
  for (let k = 1; k <= half; k++) {
    let octave = 0;
    while (octave < bands - 1 && k <= half >> (octave + 1)) octave++;
    const power = (re[k]! ** 2 + im[k]! ** 2) * (k === half ? 1 : 2);
    energies[bands - 1 - octave]! += power / (length * padded);
  }
  return energies;
}

/** Fourier transform in place, by halves (Cooley and Tukey 1965); the size is a power of two. */
function transform(re: Float64Array, im: Float64Array): void {
  const size = re.length;
  for (let i = 1, j = 0; i < size; i++) {
    let bit = size >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    [re[i], re[j]] = [re[j]!, re[i]!];
    [im[i], im[j]] = [im[j]!, im[i]!];
  }
  for (let span = 1; span < size; span *= 2) {
    for (let k = 0; k < span; k++) {
      const angle = (-Math.PI * k) / span;
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      for (let a = k; a < size; a += 2 * span) {
        const b = a + span;
        const [x, y] = [re[b]! * c - im[b]! * s, re[b]! * s + im[b]! * c];
        [re[b], im[b]] = [re[a]! - x, im[a]! - y];
        [re[a], im[a]] = [re[a]! + x, im[a]! + y];
      }
    }
  }
}

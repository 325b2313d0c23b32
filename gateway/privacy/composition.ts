import { type Resumable, YieldBudget } from '../platform';
import { transform } from './fourier';
import { type LossGrid, lossGrid, type Neighbour, type SampledSteps } from './sampled-gaussian';

/** Probability that the window of the composed loss may miss. It is added to delta. */
const missed = 1e-14;
/** Points of a grid on which its moments are bounded. */
const momentPoints = 4096;
/** Exponents of the moments that bound a composed loss: 0.02 to 660 by factors of the root of 2. */
const exponents = Array.from({ length: 31 }, (_, i) => 0.02 * 2 ** (i / 2));

/** Distribution of the privacy loss of many steps, on a grid. */
export interface ComposedLoss {
  readonly first: number;
  readonly width: number;
  readonly mass: Float64Array;
  readonly beyond: number;
}

/** The privacy loss of steps of several kinds, one after the other: a convolution, calculated by Fourier transform. */
export function* composedLoss(
  kinds: readonly SampledSteps[],
  neighbour: Neighbour,
  width: number,
): Resumable<ComposedLoss> {
  const grids: LossGrid[] = [];
  for (const kind of kinds) grids.push(yield* lossGrid(kind, neighbour, width));
  const counts = kinds.map(({ steps }) => steps);
  const [low, high] = windowOf(grids, counts, width);
  const needed = Math.max(high - low + 1, ...grids.map(({ mass }) => mass.length));
  const length = 2 ** Math.ceil(Math.log2(needed));
  const product = { real: new Float64Array(length).fill(1), imaginary: new Float64Array(length) };
  let within = 1;
  for (const [k, { first, mass, beyond }] of grids.entries()) {
    const real = new Float64Array(length);
    const imaginary = new Float64Array(length);
    real.set(mass);
    yield* transform(real, imaginary, false);
    // The convolution is circular: turned back, it starts at `low`.
    yield* multiplyPower(product, { real, imaginary }, counts[k]!, first * counts[k]! - (k === 0 ? low : 0));
    within *= (1 - beyond) ** counts[k]!;
  }
  yield* transform(product.real, product.imaginary, true);
  const mass = product.real;
  for (let i = 0; i < length; i++) mass[i] = Math.max(0, mass[i]! / length);
  return { first: low, width, mass, beyond: 1 - within + missed };
}

/** The smallest epsilon for a delta by a composed loss. */
export function epsilonOfLoss({ first, width, mass, beyond }: ComposedLoss, delta: number): number {
  if (beyond >= delta) return Number.POSITIVE_INFINITY;
  // delta(e) = beyond + sum over losses l > e of p (1 - exp(e - l)): from the largest loss down until it passes delta.
  let sum = beyond;
  let weighted = 0;
  for (let i = mass.length - 1; i >= 0; i--) {
    const loss = (first + i) * width;
    const here = Math.exp(loss) * weighted;
    if (sum - here > delta) return Math.max(0, Math.log((sum - delta) / weighted));
    if (loss <= 0) return 0;
    sum += mass[i]!;
    weighted += mass[i]! * Math.exp(-loss);
  }
  return Math.max(0, Math.log((sum - delta) / weighted));
}

interface Spectrum {
  readonly real: Float64Array;
  readonly imaginary: Float64Array;
}

/** Multiplies a spectrum with a power of that of real numbers, moved by a number of places. */
function* multiplyPower(
  product: Spectrum,
  { real, imaginary }: Spectrum,
  power: number,
  places: number,
): Resumable<void> {
  const { length } = real;
  const pause = new YieldBudget();
  for (let i = 0; 2 * i <= length; i++) {
    const x = real[i]!;
    const y = imaginary[i]!;
    const size = Math.sqrt(x * x + y * y) ** power;
    const angle = power * Math.atan2(y, x) - turn(i, places, length);
    multiply(product, i, size * Math.cos(angle), size * Math.sin(angle));
    // The spectrum of real numbers is its own mirror image.
    const mirror = (length - i) % length;
    product.real[mirror] = product.real[i]!;
    product.imaginary[mirror] = mirror === i ? product.imaginary[i]! : -product.imaginary[i]!;
    if (pause.after(numbersPerPoint)) yield;
  }
}

/** Numbers, in terms of a step of a calculation, that a power of a complex number stands for. */
const numbersPerPoint = 16;

/** The angle of a move by `places`, with whole turns removed: products up to 2^53 are exact. */
const turn = (i: number, places: number, length: number) =>
  (2 * Math.PI * ((i * (places % length)) % length)) / length;

function multiply({ real, imaginary }: Spectrum, i: number, x: number, y: number): void {
  const a = real[i]!;
  const b = imaginary[i]!;
  real[i] = a * x - b * y;
  imaginary[i] = a * y + b * x;
}

/** Places between which the composed loss is but for `missed`, by Chernoff's bound. */
function windowOf(grids: readonly LossGrid[], counts: readonly number[], width: number): [number, number] {
  const sum = (of: (grid: LossGrid, k: number) => number) =>
    grids.reduce((total, grid, k) => total + counts[k]! * of(grid, k), 0);
  let high = sum(({ first, mass }) => first + mass.length - 1);
  let low = sum(({ first }) => first);
  const room = -Math.log(missed / 2);
  for (const exponent of exponents) {
    const upper = (sum((grid) => logMoment(grid, exponent, width)) + room) / exponent;
    const lower = (sum((grid) => logMoment(grid, -exponent, width)) + room) / exponent;
    high = Math.min(high, Math.ceil(upper / width));
    low = Math.max(low, Math.floor(-lower / width));
  }
  return [low, high];
}

/** An upper bound of the logarithm of the mean of exp(exponent * loss). */
function logMoment({ first, mass }: LossGrid, exponent: number, width: number): number {
  const stride = Math.ceil(mass.length / momentPoints);
  const logs: number[] = [];
  for (let from = 0; from < mass.length; from += stride) {
    const end = Math.min(mass.length, from + stride);
    let sum = 0;
    for (let i = from; i < end; i++) sum += mass[i]!;
    const worst = exponent > 0 ? end - 1 : from;
    if (sum > 0) logs.push(Math.log(sum) + exponent * (first + worst) * width);
  }
  const most = logs.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return most + Math.log(logs.reduce((total, log) => total + Math.exp(log - most), 0));
}

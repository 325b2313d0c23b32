import { type Resumable, YieldBudget } from '../platform';
import { type NormalSides, normalBetween, normalSides } from './normal';

/**
 * Steps that each take every record with a probability, sum the clipped gradients of those taken, and add Gaussian noise:
 * DP-SGD with Poisson sampling (Abadi 2016, arXiv 1607.00133).
 */
export interface SampledSteps {
  /** Standard deviation of the noise over the clipping norm. */
  readonly noise: number;
  /** Probability with which a step takes a record, at most 1. */
  readonly rate: number;
  readonly steps: number;
}

/** A neighbour of the data has one record more, or one less. The larger of the two epsilons counts. */
export type Neighbour = 'more' | 'less';

/** Distribution of the privacy loss of one step on a grid: `mass[i]` is that of the loss `(first + i) * width`. */
export interface LossGrid {
  readonly first: number;
  readonly mass: Float64Array;
  /** Mass of losses beyond the grid, counted as infinite. */
  readonly beyond: number;
}

/** Standard deviations of the noise beyond which a step is not looked at: a mass of 1e-19. */
const reach = 9;

/** Numbers, in terms of a step of a calculation, that a point of a grid stands for. */
const numbersPerPoint = 64;

/**
 * The privacy loss of one step on a grid of multiples of `width`. The mass between two grid points goes to both, in
 * such shares that the mass under either hypothesis stays: of all that say at most too much, this says the least (Doroshenko
 * 2022, arXiv 2207.04380).
 */
export function* lossGrid(
  { noise, rate }: SampledSteps,
  neighbour: Neighbour,
  width: number,
): Resumable<LossGrid> {
  const pause = new YieldBudget();
  const sign = neighbour === 'less' ? 1 : -1;
  const lossAt = (x: number) => sign * Math.log1p(rate * Math.expm1((2 * x - 1) / (2 * noise * noise)));
  const ends = [lossAt(-reach * noise), lossAt(1 + reach * noise)].sort((a, b) => a - b) as [number, number];
  const first = Math.floor(ends[0] / width);
  const points = Math.ceil(ends[1] / width) - first + 1;
  /** The outcome with a loss: the one is a rising function of the other with a record less, else a falling one. */
  const outcomeAt = (loss: number) => {
    const excess = Math.expm1(sign * loss) / rate;
    return excess <= -1 ? Number.NEGATIVE_INFINITY : 0.5 + noise * noise * Math.log1p(excess);
  };
  const pointAt = (x: number): Point => ({
    without: normalSides(x / noise),
    taken: normalSides((x - 1) / noise),
  });
  /** Probability of the outcomes between two losses, if the record is there with the rate, and if it is not there. */
  const mixed = (a: Point, b: Point) =>
    (1 - rate) * between(a.without, b.without) + rate * between(a.taken, b.taken);
  const plain = (a: Point, b: Point) => between(a.without, b.without);
  const [likely, other] = neighbour === 'less' ? [mixed, plain] : [plain, mixed];

  const mass = new Float64Array(points);
  const share = -Math.expm1(-width);
  let before = pointAt(sign < 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY);
  let here = pointAt(outcomeAt(first * width));
  mass[0] = likely(before, here);
  for (let i = 0; i + 1 < points; i++) {
    before = here;
    here = pointAt(outcomeAt((first + i + 1) * width));
    const p = likely(before, here);
    // Rounding must not make a mass negative.
    const upper = Math.min(p, Math.max(0, (p - other(before, here) * Math.exp((first + i) * width)) / share));
    mass[i] = mass[i]! + p - upper;
    mass[i + 1] = upper;
    if (pause.after(numbersPerPoint)) yield;
  }
  const beyond = likely(here, pointAt(sign * Number.POSITIVE_INFINITY));
  return { first, mass, beyond };
}

/** An outcome, by where it is in the distribution of a step that does not take the record, and of one that does. */
interface Point {
  readonly without: NormalSides;
  readonly taken: NormalSides;
}

const between = (a: NormalSides, b: NormalSides) =>
  a.at <= b.at ? normalBetween(a, b) : normalBetween(b, a);

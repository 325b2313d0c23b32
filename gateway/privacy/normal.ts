/** Areas under the standard normal density on both sides of a point, each with full relative accuracy if it is small. */
export interface NormalSides {
  readonly at: number;
  readonly below: number;
  readonly above: number;
}

/** The areas on both sides of a point, which may be infinite. */
export function normalSides(at: number): NormalSides {
  const tail = 0.5 * complementaryError(Math.abs(at) / Math.SQRT2);
  return at >= 0 ? { at, below: 1 - tail, above: tail } : { at, below: tail, above: 1 - tail };
}

/** The area between two points, `from` at most `to`. */
export const normalBetween = (from: NormalSides, to: NormalSides): number =>
  from.at >= 0 ? from.above - to.above : to.below - from.below;

/** The area beyond a point. */
export const normalTail = (at: number): number => normalSides(at).above;

/** The argument from which the continued fraction takes fewer steps than the series. */
const farFrom = 2;

/** erfc of an argument of 0 or more: Abramowitz and Stegun 1964, 7.1.6 near 0, and 7.1.14 far from it. */
function complementaryError(x: number): number {
  if (x < farFrom) return 1 - nearError(x);
  if (x === Number.POSITIVE_INFINITY) return 0;
  let fraction = 0;
  for (let k = Math.ceil(8 + 250 / (x * x)); k > 0; k--) fraction = k / 2 / (x + fraction);
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * (x + fraction));
}

function nearError(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > Number.EPSILON * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

import { toHalf } from '../../platform';

/** Rounding of frozen numbers: to halves, or to eight bits with one scale for each channel. */

/** The bits of the largest finite half. */
const largestHalf = 0x7bff;

/** The half nearest to a weight; a larger one becomes the largest, so that no weight is infinite. */
export function toFiniteHalf(value: number): number {
  const half = toHalf(value);
  return (half & 0x8000) | Math.min(largestHalf, half & 0x7fff);
}

/** Codes of eight bits are -127 to 127 times a scale. */
const largestCode = 127;

/** The scale at which no number of a channel is beyond the largest code. */
export function scaleOf(largest: number): number {
  return Math.fround(largest / largestCode);
}

export function toCode(value: number, scale: number): number {
  if (scale === 0) return 0;
  return Math.max(-largestCode, Math.min(largestCode, nearestEven(value / scale)));
}

function nearestEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

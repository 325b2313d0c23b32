import type { Point } from '../runs/result';

/** Judged versions of one mean accuracy, because single versions swing. */
export const windowPoints = 3;
/** Judged versions of a final accuracy. */
export const finalPoints = 10;

/** The first point at which the mean of the last judged versions reaches the target. */
export function reach(curve: readonly Point[], target: number): Point | undefined {
  return curve.find((_, i) => i + 1 >= windowPoints && meanAt(curve, i, windowPoints) >= target);
}

/** Mean accuracy over the last judged versions. NaN for an empty curve. */
export function finalAccuracy(curve: readonly Point[]): number {
  return curve.length === 0 ? Number.NaN : meanAt(curve, curve.length - 1, finalPoints);
}

function meanAt(curve: readonly Point[], last: number, points: number): number {
  const window = curve.slice(Math.max(0, last + 1 - points), last + 1);
  return window.reduce((sum, { accuracy }) => sum + accuracy, 0) / window.length;
}

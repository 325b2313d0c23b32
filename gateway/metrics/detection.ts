import { type Interval, wilsonInterval } from './interval';

/** The share of unusual samples that an anomaly score finds if it raises so many false alarms. */
export interface Detection {
  /** Share of the ordinary samples that would have raised an alarm at this threshold, 0 to 1. */
  readonly falseAlarms: number;
  readonly threshold: number;
  /** Share of the unusual samples above the threshold, with its interval at 95 %. */
  readonly rate: number;
  readonly interval: Interval;
}

/**
 * Detection rate at a false-alarm rate: the point of the ROC curve with the most false alarms that are allowed.
 * @param ordinary scores of samples that are no anomalies; @param unusual scores of anomalies; higher is more unusual
 * @param allowed share of ordinary samples that may raise an alarm, 0 to 1
 * @returns undefined if one of the lists is empty
 */
export function detectionAt(
  ordinary: ArrayLike<number>,
  unusual: ArrayLike<number>,
  allowed: number,
): Detection | undefined {
  if (ordinary.length === 0 || unusual.length === 0) return undefined;
  const sorted = Float64Array.from(ordinary).sort();
  // Rounding must not take a false alarm away: 0.3 x 10 is 3.
  const alarms = Math.min(sorted.length, Math.floor(allowed * sorted.length + 1e-9));
  // An alarm is a score above the threshold, which is that of an ordinary sample.
  const threshold = alarms === sorted.length ? Number.NEGATIVE_INFINITY : sorted[sorted.length - alarms - 1]!;
  const above = (scores: ArrayLike<number>) => {
    let count = 0;
    for (let i = 0; i < scores.length; i++) if (scores[i]! > threshold) count++;
    return count;
  };
  const found = above(unusual);
  return {
    falseAlarms: above(sorted) / sorted.length,
    threshold,
    rate: found / unusual.length,
    interval: wilsonInterval(found, unusual.length),
  };
}

/**
 * Mean squared error of each sample that a model gives back.
 * @param x the samples, one after the other; @param outputs what the model made of them
 */
export function reconstructionErrors(
  x: ArrayLike<number>,
  outputs: ArrayLike<number>,
  count: number,
): number[] {
  const size = x.length / Math.max(1, count);
  return Array.from({ length: count }, (_, i) => {
    let squares = 0;
    for (let at = i * size; at < (i + 1) * size; at++) squares += (x[at]! - outputs[at]!) ** 2;
    return squares / size;
  });
}

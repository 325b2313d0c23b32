import { type Resumable, YieldBudget } from '../../platform';
import type { Contribution } from '../aggregation/contribution';
import { sharedRuns } from './shared-runs';

/** The share of a buffer's contributions that may be hostile without harm. */
export const tolerated = 0.3;

/** The number of values that are set aside at each end of `count`, so that a mean is safe from as many hostile ones. */
export const trimmedOf = (count: number): number =>
  count < 3 ? 0 : Math.max(1, Math.floor(tolerated * count));

/**
 * The mean of the values between the `trimmed` smallest and the `trimmed` largest ones; with as many as can be trimmed it
 * is the median (Yin 2018, arXiv 1803.01498).
 * @param values are sorted in place
 */
export function trimmedMean(values: Float64Array, trimmed: number): number {
  sort(values);
  let sum = 0;
  for (let i = trimmed; i < values.length - trimmed; i++) sum += values[i]!;
  return sum / (values.length - 2 * trimmed);
}

/** The number to trim so that the median is left: the middle value, or the two middle ones. */
export const trimmedForMedian = (count: number): number => (count - 1) >> 1;

/**
 * Replaces each value of the deltas by the trimmed mean of the contributions that hold its coordinate, in place. Whatever
 * the weights are, the mean of a rule is then that value. A coordinate that one or two contributions hold has the mean of
 * what is there: nobody can say which of two is wrong.
 * @param trimmed number of values that are set aside at each end of so many
 */
export function* replaceByMiddle(
  contributions: readonly Contribution[],
  trimmed: (count: number) => number,
): Resumable<void> {
  const scratch = new Float64Array(contributions.length);
  const pause = new YieldBudget();
  for (const { length, holders } of sharedRuns(contributions)) {
    const values = scratch.subarray(0, holders.length);
    const aside = trimmed(holders.length);
    for (let i = 0; i < length; i++) {
      for (let k = 0; k < holders.length; k++) values[k] = holders[k]!.delta[holders[k]!.at + i]!;
      const middle = trimmedMean(values, aside);
      for (const { delta, at } of holders) delta[at + i] = middle;
      if (pause.after(holders.length)) yield;
    }
  }
}

/** Sorts in place: by insertion where there are few, which is several times faster than the sort of the language. */
function sort(values: Float64Array): void {
  if (values.length > 24) {
    values.sort();
    return;
  }
  for (let i = 1; i < values.length; i++) {
    const value = values[i]!;
    let at = i;
    for (; at > 0 && values[at - 1]! > value; at--) values[at] = values[at - 1]!;
    values[at] = value;
  }
}

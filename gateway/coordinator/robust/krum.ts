import { type Resumable, YieldBudget } from '../../platform';
import type { Contribution } from '../aggregation/contribution';
import { sharedRuns } from './shared-runs';
import { tolerated } from './trimmed-mean';

/** The number of hostile contributions that a choice among `count` can stand, at most 3 in 10. */
export const toleratedOf = (count: number): number =>
  Math.max(0, Math.min(Math.floor(tolerated * count), Math.floor((count - 3) / 2)));

/**
 * Chooses the contribution that is nearest to its n - f - 1 nearest neighbours, f being the hostile ones (Krum: Blanchard
 * 2017, NIPS; with one neighbour more, as in ByzFL). The distance of two contributions is the mean of squares over the
 * coordinates that both hold; two that share none are as far apart as the farthest pair.
 * @returns its number in the buffer
 */
export function* krum(
  contributions: readonly Pick<Contribution, 'segments' | 'delta'>[],
  hostile = toleratedOf(contributions.length),
): Resumable<number> {
  const distances = yield* distancesOf(contributions);
  const neighbours = Math.max(1, contributions.length - hostile - 1);
  const scores = distances.map((row, i) => {
    const others = row.filter((_, k) => k !== i).sort((a, b) => a - b);
    return others.slice(0, neighbours).reduce((sum, distance) => sum + distance, 0);
  });
  return scores.indexOf(Math.min(...scores));
}

function* distancesOf(
  contributions: readonly Pick<Contribution, 'segments' | 'delta'>[],
): Resumable<number[][]> {
  const count = contributions.length;
  const squares = new Float64Array(count * count);
  const shared = new Float64Array(count * count);
  const pause = new YieldBudget();
  for (const { length, holders } of sharedRuns(contributions)) {
    for (let from = 0; from < length; from += portion) {
      const most = Math.min(length - from, portion);
      for (let a = 0; a < holders.length; a++) {
        for (let b = a + 1; b < holders.length; b++) {
          const [one, other] = [holders[a]!, holders[b]!];
          const pair = one.index * count + other.index;
          let sum = 0;
          for (let i = from; i < from + most; i++)
            sum += (one.delta[one.at + i]! - other.delta[other.at + i]!) ** 2;
          squares[pair]! += sum;
          shared[pair]! += most;
          if (pause.after(most)) yield;
        }
      }
    }
  }
  const means = squares.map((sum, i) => (shared[i]! > 0 ? sum / shared[i]! : 0));
  const farthest = means.reduce((most, mean) => Math.max(most, mean), 0);
  return contributions.map((_, a) =>
    contributions.map((_, b) => {
      const pair = Math.min(a, b) * count + Math.max(a, b);
      return a === b || shared[pair]! > 0 ? means[pair]! : farthest;
    }),
  );
}

/** Coordinates that are compared pair by pair before the next ones: few enough to stay in the cache of the processor. */
const portion = 1024;

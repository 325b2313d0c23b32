import type { Random } from '../../platform';
import type { StoredSample } from './store-content';

/**
 * Draws up to `most` samples without replacement: as evenly over the labels as there are samples, in random order.
 * @param byLabel the samples of each label
 */
export function drawSamples(
  byLabel: ReadonlyMap<number, readonly StoredSample[]>,
  most: number,
  random: Random,
): StoredSample[] {
  const ordered = [...byLabel].sort(([labelA, a], [labelB, b]) => a.length - b.length || labelA - labelB);
  const chosen: StoredSample[] = [];
  // The scarcest label comes first. Its missing samples are shared by the labels after it.
  let left = most;
  ordered.forEach(([, samples], i) => {
    const take = Math.min(samples.length, Math.floor(left / (ordered.length - i)));
    left -= take;
    const pool = samples.slice();
    for (let k = 0; k < take; k++) {
      exchange(pool, k, k + random.integer(pool.length - k));
      chosen.push(pool[k]!);
    }
  });
  for (let i = chosen.length - 1; i > 0; i--) exchange(chosen, i, random.integer(i + 1));
  return chosen;
}

function exchange<T>(list: T[], i: number, j: number): void {
  [list[i], list[j]] = [list[j]!, list[i]!];
}

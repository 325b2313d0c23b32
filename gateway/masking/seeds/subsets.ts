/**
 * The sets of t - 1 helpers among m: one seed belongs to each of them, and all helpers outside it hold the seed. So any t
 * helpers hold all seeds together, and any t - 1 of them miss one (replicated secret sharing: Ito 1989, Cramer 2005).
 */
export function subsetsOf(helpers: number, threshold: number): readonly (readonly number[])[] {
  const found: number[][] = [];
  const extend = (chosen: readonly number[], from: number): void => {
    if (chosen.length === threshold - 1) {
      found.push([...chosen]);
      return;
    }
    for (let next = from; next < helpers; next++) extend([...chosen, next], next + 1);
  };
  extend([], 0);
  return found;
}

/** The indices of the seeds that a helper holds: those of the subsets that it is not in. */
export function seedsHeldBy(helper: number, subsets: readonly (readonly number[])[]): number[] {
  return subsets.flatMap((subset, index) => (subset.includes(helper) ? [] : [index]));
}

/**
 * The indices of the seeds whose masks a responder adds up: those that hold a seed take turns, seed by
 * seed.
 * @param responders helpers that answer, ascending; at least the threshold
 */
export function seedsOfResponder(
  responder: number,
  responders: readonly number[],
  subsets: readonly (readonly number[])[],
): number[] {
  return subsets.flatMap((subset, index) => {
    const holders = responders.filter((helper) => !subset.includes(helper));
    return holders[index % holders.length] === responder ? [index] : [];
  });
}

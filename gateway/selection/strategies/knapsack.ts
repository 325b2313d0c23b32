/** One way to fill a group. */
export interface Choice {
  /** Its size, 0 or more. */
  readonly weight: number;
  /** Its worth. */
  readonly gain: number;
}

/** The best fillings so far with what they took: lighter before heavier, and each heavier one worth more. */
interface State {
  readonly weight: number;
  readonly gain: number;
  readonly choice: number;
  readonly before: State | undefined;
}

/**
 * Multiple-choice knapsack, exact: of each group one choice, of the largest sum of gains whose weights stay within the
 * capacity. Dynamic programming over the fillings that no other one beats in weight and gain (Nemhauser and Ullmann
 * 1969): weights may be any numbers, and nothing is rounded. Equal gains go to the lighter filling.
 * @returns for each group the index of its choice; undefined where not even the lightest fit
 */
export function knapsack(groups: readonly (readonly Choice[])[], capacity: number): number[] | undefined {
  let states: State[] = [{ weight: 0, gain: 0, choice: -1, before: undefined }];
  for (const choices of groups) {
    const extended = states.flatMap((before) =>
      choices.flatMap(({ weight, gain }, choice): State[] => {
        const together = before.weight + weight;
        return together <= capacity ? [{ weight: together, gain: before.gain + gain, choice, before }] : [];
      }),
    );
    states = unbeaten(extended);
  }
  const best = states.at(-1);
  if (!best) return undefined;
  const picked: number[] = [];
  for (let state: State | undefined = best; state?.before; state = state.before) picked.push(state.choice);
  return picked.reverse();
}

function unbeaten(states: State[]): State[] {
  states.sort((a, b) => a.weight - b.weight || b.gain - a.gain);
  const kept: State[] = [];
  for (const state of states) {
    const last = kept[kept.length - 1];
    if (!last || state.gain > last.gain) kept.push(state);
  }
  return kept;
}

import type { ParameterLayout, PlanEntry } from '../task';
import type { SelectionInput, SelectionStrategy } from './strategy';

/** The least that is chosen by itself: one input channel of one kernel. */
export interface Unit {
  /** Index into `ParameterLayout.tensors`. */
  readonly tensor: number;
  readonly channel: number;
}

/**
 * A strategy that trains everything or, where that does not fit, the output layer whole and as much of the head of a
 * ranking as the budget holds. The biases of all layers from the lowest trained one up come along: backward passes
 * through these layers anyway, and a bias takes bytes by the dozen.
 *
 * The cut is found by bisection over the exact memory, which grows with the ranking but for the packing's luck. Plans
 * nest all the same: the bisections of two budgets ask the same questions until one is answered yes for the larger and
 * no for the smaller budget, and from there on the larger one's cut lies behind the smaller one's.
 * @param rank puts the units below the output layer in order, most wanted first
 */
export function rankedStrategy(
  rank: (units: Unit[], input: SelectionInput) => readonly Unit[],
  { perVersion = false } = {},
): SelectionStrategy {
  return {
    perVersion,
    *propose(input) {
      const { layout, fits } = input;
      const everything = layout.tensors.map((_, tensor) => ({ tensor }));
      yield everything;
      const outputLayer = Math.max(...layout.tensors.map(({ layer }) => layer));
      const output = everything.filter(({ tensor }) => layout.tensors[tensor]?.layer === outputLayer);
      if (fits(output)) {
        const ranking = rank(unitsBelow(layout, outputLayer), input);
        const head = (count: number) => [
          ...entriesOf(layout, ranking.slice(0, count), outputLayer),
          ...output,
        ];
        let [kept, over] = [0, ranking.length];
        while (over - kept > 1) {
          const middle = (kept + over) >> 1;
          if (fits(head(middle))) kept = middle;
          else over = middle;
        }
        if (kept > 0) yield head(kept);
      }
      yield output;
    },
  };
}

/** Every input channel of every kernel below a layer, in the layout's order. */
function unitsBelow(layout: ParameterLayout, layer: number): Unit[] {
  return layout.tensors.flatMap((tensor, index) =>
    tensor.layer < layer
      ? Array.from({ length: tensor.inputChannels }, (_, channel) => ({ tensor: index, channel }))
      : [],
  );
}

/** The plan entries of some units with their biases, ascending; a kernel with all its channels is named whole. */
function entriesOf(layout: ParameterLayout, units: readonly Unit[], outputLayer: number): PlanEntry[] {
  const chosen = new Map<number, number[]>();
  let lowest = outputLayer;
  for (const { tensor, channel } of units) {
    lowest = Math.min(lowest, layout.tensors[tensor]?.layer ?? lowest);
    const channels = chosen.get(tensor);
    if (channels) channels.push(channel);
    else chosen.set(tensor, [channel]);
  }
  return layout.tensors.flatMap(({ inputChannels, layer, role }, tensor): PlanEntry[] => {
    if (role === 'bias') return layer >= lowest && layer < outputLayer ? [{ tensor }] : [];
    const channels = chosen.get(tensor);
    if (!channels) return [];
    if (channels.length === inputChannels) return [{ tensor }];
    return [{ tensor, channels: channels.sort((a, b) => a - b) }];
  });
}

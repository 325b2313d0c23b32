import { densePlan } from '../../model';
import type { SelectionInput, SelectionStrategy } from './strategy';
import { entriesOf, outputEntries, outputLayer, selectionUnits, type Unit } from './units';

/**
 * A strategy that trains everything or, if that does not fit, the output layer whole and as much of the head of a
 * ranking as the budget holds.
 *
 * The cut is found by bisection over the exact memory, which grows with the ranking but for the packing's luck. Plans
 * nest all the same: the bisections of two budgets ask the same questions until one is answered yes for the larger and
 * no for the smaller budget, and from there on the larger one's cut lies behind the smaller one's.
 * @param rank puts the units below the output layer in order, best first; units that it leaves out stay frozen
 */
export function rankedStrategy(
  rank: (units: readonly Unit[], input: SelectionInput) => readonly Unit[],
): SelectionStrategy {
  return {
    *propose(input) {
      const { layout, fits } = input;
      yield densePlan(layout, 1).entries;
      const output = outputEntries(layout);
      if (fits(output)) {
        const last = outputLayer(layout);
        const below = selectionUnits(layout).filter(({ tensor }) => layout.tensors[tensor]!.layer < last);
        const ranking = rank(below, input);
        const head = (count: number) => entriesOf(layout, ranking.slice(0, count));
        let [kept, over] = [0, ranking.length + 1];
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

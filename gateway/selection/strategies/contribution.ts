import { channelRatios, channelsAt, type TensorGains } from '../../model';
import { type Choice, knapsack } from './knapsack';
import { magnitude } from './magnitude';
import { rankedStrategy } from './ranking';
import { normScore, type Score } from './scores';
import type { SelectionInput, SelectionStrategy } from './strategy';
import { byScore, type Unit, unitBytes } from './units';

/** The capacities that are filled to the optimum, as shares of what all kernels take, smallest first. */
const rungs = [1 / 32, 1 / 16, 1 / 8, 3 / 16, 1 / 4, 3 / 8, 1 / 2, 3 / 4, 1];

/** A kernel with its measured gains: level 0 is nothing of it, level i the first `counts[i]` of its units. */
interface Candidate {
  readonly units: readonly Unit[];
  readonly counts: readonly number[];
  readonly levels: readonly Choice[];
}

const byGain = rankedStrategy((units, input) => {
  const norm = normScore(input);
  const rest = new Set(byScore(units, (unit) => norm(unit) / unit.size));
  const ranking: Unit[] = [];
  for (const unit of climb(candidatesOf(units, norm, input))) {
    ranking.push(unit);
    rest.delete(unit);
  }
  return [...ranking, ...rest];
});

/**
 * The parts of the kernels whose accuracies, each gained alone, add up to the most (MCUNetV3, Lin 2022, section 3.2),
 * chosen by an exact knapsack instead of the paper's evolutionary search: with the biases fixed the sum is separable.
 *
 * Optima of different budgets do not nest by themselves. So the budgets are rungs of a ladder, climbed from the
 * smallest: on each, the best filling that keeps what the rung before had. In the order in which units come in they
 * are a ranking, and the exact memory cuts it: plans nest at all budgets, not only at rungs. Units that gained nothing
 * come last, by magnitude. Until gains have been measured: `magnitude`.
 */
export const contribution: SelectionStrategy = {
  propose: (input) => (input.importance?.gains?.length ? byGain : magnitude).propose(input),
};

/** Units in the order in which the ladder takes them in. */
function* climb(candidates: readonly Candidate[]): Generator<Unit> {
  const total = candidates.reduce((sum, { levels }) => sum + levels.at(-1)!.weight, 0);
  let reached: number[] = candidates.map(() => 0);
  for (const share of rungs) {
    const groups = candidates.map(({ levels }, i) => levels.slice(reached[i]!));
    const picked = knapsack(groups, share * total);
    if (!picked) continue;
    const next = picked.map((choice, i) => choice + reached[i]!);
    const steps = candidates.map((candidate, i) => step(candidate, reached[i]!, next[i]!));
    // Within a rung what gains most for its bytes comes first: a budget may end here.
    for (const { units } of steps.sort((a, b) => b.density - a.density)) yield* units;
    reached = next;
  }
}

function step({ units, counts, levels }: Candidate, from: number, to: number) {
  const gain = levels[to]!.gain - levels[from]!.gain;
  const weight = levels[to]!.weight - levels[from]!.weight;
  return { units: units.slice(counts[from], counts[to]), density: weight > 0 ? gain / weight : 0 };
}

function candidatesOf(
  units: readonly Unit[],
  norm: Score,
  { importance, model, layout, optimiser }: SelectionInput,
) {
  const measured = new Map(importance?.gains?.map((each) => [each.tensor, each]));
  return [...new Set(units.map(({ tensor }) => tensor))].flatMap((tensor): Candidate[] => {
    const gains = measured.get(tensor);
    if (!gains) return [];
    const own = units.filter((unit) => unit.tensor === tensor);
    const ordered = byScore(own, norm);
    const bytes = unitBytes(model, layout, optimiser, ordered[0]!); // a tensor of `units` has one
    return [candidate(ordered, gains, bytes)];
  });
}

function candidate(units: readonly Unit[], { gains }: TensorGains, bytes: number): Candidate {
  const counts = [0];
  const levels: Choice[] = [{ weight: 0, gain: 0 }];
  let best = 0;
  const ratios = gains.length === 1 ? [1] : channelRatios;
  ratios.forEach((ratio, i) => {
    const count = channelsAt(ratio, units.length);
    // More channels can do what fewer do: where measured otherwise, that is noise.
    best = Math.max(best, gains[i] ?? 0);
    if (count === counts.at(-1)) levels[levels.length - 1] = { weight: count * bytes, gain: best };
    else {
      counts.push(count);
      levels.push({ weight: count * bytes, gain: best });
    }
  });
  return { units, counts, levels };
}

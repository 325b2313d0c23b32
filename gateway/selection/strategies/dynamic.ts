import type { ParameterLayout, PlanEntry } from '../../model';
import { SeededRandom } from '../../platform';
import { rankedStrategy } from './ranking';
import { gradientScore } from './scores';
import type { RedrawInput, SelectionStrategy } from './strategy';
import { selectionUnits, type Unit, unitBytes } from './units';

/** Odd, so that versions never fall together; by the golden ratio, so that neighbouring seeds' versions do not either. */
const versionStep = 0x9e3779b1;
/** Of the score, the share that the tensors which take part carry together (TraDy, 2510.19675). */
const keptScore = 0.97;

/**
 * Input channels redrawn at each version, after TraDy (2510.19675): of all kernels, or of those that carry 97 % of the
 * reweighted gradient norm if that was measured; then likelier where their gradient is larger. The number for each
 * kernel is settled once, by the budget; task, version and budget alone give the draw, on every gateway.
 */
export const dynamic: SelectionStrategy = {
  ...rankedStrategy((units, input) => evenly(keptUnits(units, input))),
  redraw(entries, input, version) {
    const { layout, seed } = input;
    const score = gradientScore(input);
    const firstPlace = score && placesOf(layout);
    return entries.map(({ tensor, channels }): PlanEntry => {
      if (!channels) return { tensor };
      const random = new SeededRandom(
        seed + Math.imul(version + 1, versionStep) + Math.imul(tensor + 1, 0x85ebca6b),
      );
      const { inputChannels } = layout.tensors[tensor]!; // the plan fits the layout
      const keys = Float64Array.from({ length: inputChannels }, (_, channel) => {
        const place = (firstPlace?.get(tensor) ?? 0) + channel;
        const weight = score ? score({ place }) : 1;
        // Efraimidis and Spirakis 2006: the largest of u^(1/w) are a weighted draw without repeats.
        return Math.log(1 - random.uniform()) / Math.max(weight, Number.EPSILON);
      });
      const drawn = [...keys.keys()].sort((a, b) => keys[b]! - keys[a]! || a - b);
      return { tensor, channels: drawn.slice(0, channels.length).sort((a, b) => a - b) };
    });
  },
};

/** Every kernel's first channel before any kernel's second, then each in step with its number of channels. */
function evenly(units: readonly Unit[]): Unit[] {
  const counts = new Map<number, number>();
  for (const { tensor } of units) counts.set(tensor, (counts.get(tensor) ?? 0) + 1);
  const turn = ({ tensor, channel }: Unit) => (channel ?? 0) / (counts.get(tensor) ?? 1);
  return [...units].sort((a, b) => turn(a) - turn(b) || b.tensor - a.tensor);
}

/** The units of the kernels that carry the score. */
function keptUnits(units: readonly Unit[], input: RedrawInput): readonly Unit[] {
  const score = gradientScore(input);
  if (!score) return units;
  const sums = new Map<number, number>();
  let total = 0;
  for (const unit of units) {
    const value = score(unit) / unitBytes(input.model, input.layout, input.optimiser, unit);
    sums.set(unit.tensor, (sums.get(unit.tensor) ?? 0) + value);
    total += value;
  }
  const kept = new Set<number>();
  let carried = 0;
  for (const [tensor, sum] of [...sums].sort((a, b) => b[1] - a[1] || a[0] - b[0])) {
    if (carried >= keptScore * total) break;
    kept.add(tensor);
    carried += sum;
  }
  return units.filter(({ tensor }) => kept.has(tensor));
}

/** Place of each kernel's first unit. */
function placesOf(layout: ParameterLayout): Map<number, number> {
  const places = new Map<number, number>();
  for (const { tensor, place } of selectionUnits(layout)) if (!places.has(tensor)) places.set(tensor, place);
  return places;
}

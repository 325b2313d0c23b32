import type { ParameterLayout } from '../task';
import type { Unit } from './ranking';

/** Elements of a kernel that one of its input channels feeds. */
export function sliceSize(layout: ParameterLayout, { tensor: index }: Unit): number {
  const { size, inputChannels } = layout.tensors[index]!; // a unit names a tensor of its layout
  return size / inputChannels;
}

/** L2 norm of the elements of a kernel that one of its input channels feeds. */
export function sliceNorm(
  layout: ParameterLayout,
  { tensor: index, channel }: Unit,
  flat: Float32Array,
): number {
  const { offset, size, shape, inputChannels } = layout.tensors[index]!; // as above
  const outputs = shape.at(-1) ?? 1;
  let sum = 0;
  for (let at = channel * outputs; at < size; at += inputChannels * outputs) {
    for (const value of flat.subarray(offset + at, offset + at + outputs)) sum += value * value;
  }
  return Math.sqrt(sum);
}

/** Units by falling score; ties by their place, so that every gateway puts them in the same order. */
export function byScore(units: readonly Unit[], score: (unit: Unit) => number): Unit[] {
  return units
    .map((unit, place) => ({ unit, place, score: score(unit) }))
    .sort((a, b) => b.score - a.score || a.place - b.place)
    .map(({ unit }) => unit);
}

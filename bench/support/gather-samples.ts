import type { Samples } from '../../gateway/engine';
import type { Examples } from '../../gateway/simulation';

/** Copies examples, given as indices, in their order. @param labelOf label of an example; default: that of the data */
export function gatherSamples(
  { x, y, size }: Examples,
  indices: readonly number[],
  labelOf: (index: number) => number = (index) => y[index]!,
): Samples {
  const samples = {
    count: indices.length,
    x: new Float32Array(indices.length * size),
    y: Uint16Array.from(indices, labelOf),
  };
  indices.forEach((index, i) => {
    samples.x.set(x.subarray(index * size, (index + 1) * size), i * size);
  });
  return samples;
}

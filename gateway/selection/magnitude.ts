import type { ParameterLayout, ParameterTensor } from '../task';
import type { SelectionStrategy } from './strategy';

/**
 * Everything; then without the tensor that has the least initial magnitude a byte; then without the next one, down to
 * the output layer alone. From a random start, features must be trained: at He initialisation this keeps the small
 * early kernels and gives up the wide ones, where "the last layers only" would keep the features random.
 */
export const magnitude: SelectionStrategy = {
  *propose({ layout, parameters }) {
    const outputLayer = Math.max(...layout.tensors.map((tensor) => tensor.layer));
    const indices = layout.tensors.map((_, index) => index);
    const leavable = indices.filter((index) => layout.tensors[index]?.layer !== outputLayer);
    const density = indices.map((index) => magnitudePerByte(layout, index, parameters));
    // Ties are broken by place, so that every gateway leaves out the same.
    leavable.sort((a, b) => density[a]! - density[b]! || a - b);
    for (let leftOut = 0; leftOut <= leavable.length; leftOut++) {
      const out = new Set(leavable.slice(0, leftOut));
      yield indices.filter((index) => !out.has(index)).map((tensor) => ({ tensor }));
    }
  },
};

/**
 * L2 norm of a tensor's initial values over its bytes. A bias starts at zero, which says nothing of its use: it counts
 * as if each of its elements had the root mean square of its layer's kernel. So a bias always outlives its kernel.
 */
function magnitudePerByte(layout: ParameterLayout, index: number, parameters: Float32Array): number {
  const tensor = layout.tensors[index]!;
  const kernel =
    layout.tensors.find(({ layer, role }) => layer === tensor.layer && role === 'kernel') ?? tensor;
  const rootMeanSquare = norm(kernel, parameters) / Math.sqrt(kernel.size);
  return (rootMeanSquare * Math.sqrt(tensor.size)) / (tensor.size * Float32Array.BYTES_PER_ELEMENT);
}

function norm({ offset, size }: ParameterTensor, parameters: Float32Array): number {
  let sum = 0;
  for (const value of parameters.subarray(offset, offset + size)) sum += value * value;
  return Math.sqrt(sum);
}

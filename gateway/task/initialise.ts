import { type Random, SeededRandom } from '../platform';
import type { ModelSpec } from './model';
import { parameterLayout } from './parameters';

/**
 * The parameters of version 0: He-normal before a ReLU (He 2015, section 2.2), Glorot-uniform elsewhere
 * (Glorot 2010, eq. 16), biases zero. The same seed gives the same bits on every gateway.
 */
export function initialParameters(model: ModelSpec, seed: number): Float32Array {
  const layout = parameterLayout(model);
  const parameters = new Float32Array(layout.size);
  const random: Random = new SeededRandom(seed);
  for (const tensor of layout.tensors) {
    if (tensor.role === 'bias') continue;
    const values = parameters.subarray(tensor.offset, tensor.offset + tensor.size);
    if (model.layers[tensor.layer + 1]?.type === 'relu') {
      const deviation = Math.sqrt(2 / tensor.fanIn);
      for (let i = 0; i < values.length; i++) values[i] = deviation * random.normal();
    } else {
      const limit = Math.sqrt(6 / (tensor.fanIn + tensor.fanOut));
      for (let i = 0; i < values.length; i++) values[i] = limit * (2 * random.uniform() - 1);
    }
  }
  return parameters;
}

import { type Random, SeededRandom } from '../platform';
import type { ModelSpec } from './model';
import { parameterLayout } from './parameters';

/**
 * The parameters of version 0: He-normal before a ReLU (He 2015, section 2.2), Glorot-uniform elsewhere
 * (Glorot 2010, eq. 16), biases zero, normalisation without effect. The same seed gives the same bits on every gateway.
 */
export function initialParameters(model: ModelSpec, seed: number): Float32Array {
  const layout = parameterLayout(model);
  const parameters = new Float32Array(layout.size);
  const random: Random = new SeededRandom(seed);
  for (const tensor of layout.tensors) {
    const values = parameters.subarray(tensor.offset, tensor.offset + tensor.size);
    if (tensor.role === 'gamma' || tensor.role === 'variance') values.fill(1);
    if (tensor.role !== 'kernel' && tensor.role !== 'recurrent') continue;
    if (feedsRelu(model, tensor.layer)) {
      const deviation = Math.sqrt(2 / tensor.fanIn);
      for (let i = 0; i < values.length; i++) values[i] = deviation * random.normal();
    } else {
      const limit = Math.sqrt(6 / (tensor.fanIn + tensor.fanOut));
      for (let i = 0; i < values.length; i++) values[i] = limit * (2 * random.uniform() - 1);
    }
  }
  return parameters;
}

/** Whether a ReLU comes next, perhaps after a normalisation. */
function feedsRelu(model: ModelSpec, layer: number): boolean {
  const next = model.layers[layer + 1]?.type;
  return next === 'batchnorm' ? feedsRelu(model, layer + 1) : next === 'relu' || next === 'relu6';
}

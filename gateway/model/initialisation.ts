import { type Random, type Resumable, runSync, SeededRandom } from '../platform';
import { layerKind } from './layer-kinds';
import type { ModelSpec } from './model-spec';
import { parameterLayout } from './parameters';

/** Numbers drawn between two pauses. */
const stepLength = 16_384;

/**
 * The parameters of version 0: He-normal before a ReLU (He 2015, section 2.2), Glorot-uniform elsewhere
 * (Glorot 2010, eq. 16), biases zero but for an LSTM's forget gate,
 * normalisation without effect. The same seed gives the same bits on every gateway.
 */
export function initialParameters(model: ModelSpec, seed: number): Float32Array {
  return runSync(initialSteps(model, seed));
}

/** The same, with pauses: half a million numbers take 10 ms on a PC, and 50 ms on a Raspberry Pi. */
export function* initialSteps(model: ModelSpec, seed: number): Resumable<Float32Array> {
  const layout = parameterLayout(model);
  const parameters = new Float32Array(layout.size);
  const random: Random = new SeededRandom(seed);
  for (const tensor of layout.tensors) {
    const values = parameters.subarray(tensor.offset, tensor.offset + tensor.size);
    if (tensor.ones) values.fill(1, tensor.ones.from, tensor.ones.to);
    if (tensor.role === 'gamma' || tensor.role === 'variance') values.fill(1);
    if (tensor.role !== 'kernel' && tensor.role !== 'recurrent') continue;
    const normal = feedsRelu(model, tensor.layer);
    const limit = Math.sqrt(normal ? 2 / tensor.fanIn : 6 / (tensor.fanIn + tensor.fanOut));
    for (let from = 0; from < values.length; from += stepLength) {
      const part = values.subarray(from, from + stepLength);
      if (normal) for (let i = 0; i < part.length; i++) part[i] = limit * random.normal();
      else for (let i = 0; i < part.length; i++) part[i] = limit * (2 * random.uniform() - 1);
      yield;
    }
  }
  return parameters;
}

/** Whether a ReLU comes next, perhaps after a normalisation. */
function feedsRelu(model: ModelSpec, layer: number): boolean {
  const next = model.layers[layer + 1];
  const meaning = next && layerKind(next).initialisation;
  return meaning === 'passes' ? feedsRelu(model, layer + 1) : meaning === 'rectifies';
}

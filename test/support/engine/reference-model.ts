import type { Samples } from '../../../gateway/engine';
import { type LayerSpec, type ModelSpec, parameterLayout } from '../../../gateway/model';
import { referenceConvolution } from './reference-convolution';
import { referenceLayer } from './reference-layers';
import { referenceExample, referenceExampleLoss } from './reference-losses';

type Values = Float64Array;

/**
 * The mean loss of a model in double precision, written as the definitions read: no speed, no shared code with the
 * engine. What finite differences are taken of.
 */
export function referenceLoss(model: ModelSpec, parameters: ArrayLike<number>, samples: Samples): number {
  const flat = parameters instanceof Float64Array ? parameters : Float64Array.from(parameters);
  let sum = 0;
  for (let i = 0; i < samples.count; i++) {
    const example = referenceExample(model, samples, i);
    sum += referenceExampleLoss(model, referenceOutputs(model, flat, example.input), example);
  }
  return sum / samples.count;
}

/** What the model gives for one input: logits or values. */
export function referenceOutputs(model: ModelSpec, parameters: Values, input: Values): Values {
  const { tensors } = parameterLayout(model);
  const values = [input];
  model.layers.forEach((spec, index) => {
    const own = tensors
      .filter((tensor) => tensor.layer === index)
      .map(({ offset, size }) => parameters.subarray(offset, offset + size));
    const shape = index === 0 ? model.input : model.shapes[index - 1]!;
    const second = model.seconds[index];
    const other = second === undefined ? undefined : values[second + 1];
    values.push(apply(spec, values[index]!, shape, model.shapes[index]!, own, other));
  });
  return values.at(-1)!;
}

function apply(
  spec: LayerSpec,
  x: Values,
  from: readonly number[],
  to: readonly number[],
  tensors: readonly Values[],
  second: Values | undefined,
): Values {
  const [kernel, bias] = tensors;
  const y = new Float64Array(to.reduce((product, length) => product * length, 1));
  const channels = from[1] ?? 1;
  switch (spec.type) {
    case 'flatten':
      return x;
    case 'relu':
      return x.map((value) => Math.max(0, value));
    case 'dense':
      for (let n = 0; n < spec.units; n++) {
        y[n] = bias?.[n] ?? 0;
        for (let i = 0; i < x.length; i++) y[n]! += x[i]! * kernel![i * spec.units + n]!;
      }
      return y;
    case 'conv1d':
    case 'conv2d':
    case 'depthwiseconv1d':
    case 'depthwiseconv2d':
      return referenceConvolution(spec, x, from, to, kernel!, bias);
    case 'reshape':
      return x;
    case 'maxpool1d':
      for (let t = 0; t < to[0]!; t++) {
        for (let c = 0; c < channels; c++) {
          let top = Number.NEGATIVE_INFINITY;
          for (let j = 0; j < spec.size; j++) top = Math.max(top, x[(t * spec.size + j) * channels + c]!);
          y[t * channels + c] = top;
        }
      }
      return y;
    case 'globalaveragepool1d':
      for (let t = 0; t < from[0]!; t++)
        for (let c = 0; c < channels; c++) y[c]! += x[t * channels + c]! / from[0]!;
      return y;
    default:
      return referenceLayer(spec, x, from, to, tensors, second);
  }
}

/** Gradient of the reference loss at every coordinate, by central differences. */
export function referenceGradient(
  model: ModelSpec,
  parameters: Float32Array,
  samples: Samples,
): Float64Array {
  const step = 1e-5;
  const moved = Float64Array.from(parameters);
  return Float64Array.from(parameters, (value, i) => {
    moved[i] = value + step;
    const above = referenceLoss(model, moved, samples);
    moved[i] = value - step;
    const below = referenceLoss(model, moved, samples);
    moved[i] = value;
    return (above - below) / (2 * step);
  });
}

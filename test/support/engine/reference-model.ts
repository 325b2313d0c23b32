import type { Samples } from '../../../gateway/engine';
import { type ModelSpec, parameterLayout } from '../../../gateway/model';
import { layerCase, type Values } from './layers';
import { referenceExample, referenceExampleLoss } from './reference-losses';

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

/** Outputs of the model for one input: logits or values. */
export function referenceOutputs(model: ModelSpec, parameters: Values, input: Values): Values {
  const { tensors } = parameterLayout(model);
  const values = [input];
  model.layers.forEach((spec, index) => {
    const own = tensors
      .filter((tensor) => tensor.layer === index)
      .map(({ offset, size }) => parameters.subarray(offset, offset + size));
    const second = model.seconds[index];
    const site = {
      from: index === 0 ? model.input : model.shapes[index - 1]!,
      to: model.shapes[index]!,
      tensors: own,
      second: second === undefined ? undefined : values[second + 1],
      secondShape: second === undefined ? undefined : (model.shapes[second] ?? model.input),
    };
    values.push(layerCase(spec.type).reference(spec, values[index]!, site));
  });
  return values.at(-1)!;
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

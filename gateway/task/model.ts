import { FtteError } from '../platform';
import type { LayerSpec, Shape } from './layers';

/** What the numbers at the end of the model mean, and so which loss trains it. */
export type Loss = 'softmax-cross-entropy';

/** A model with every shape settled: what the engine compiles. Pure data. */
export interface ModelSpec {
  /** Shape of one input example, `[length, channels]`. */
  readonly input: Shape;
  readonly layers: readonly LayerSpec[];
  readonly loss: Loss;
  /** Shape after each layer; `shapes[i]` is the output of `layers[i]`. */
  readonly shapes: readonly Shape[];
  /** Length of the output vector. */
  readonly outputs: number;
}

/**
 * Infers the shapes of a layer list.
 * @param outputs how many numbers the task wants at the end
 * @throws FtteError `model-invalid` naming the layer, the shape it got and the shape it wants
 */
export function resolveModel(
  input: Shape,
  layers: readonly LayerSpec[],
  outputs: number,
  loss: Loss,
): ModelSpec {
  const shapes: Shape[] = [];
  let shape = input;
  layers.forEach((layer, index) => {
    shape = outputShape(layer, shape, index);
    shapes.push(shape);
  });
  if (shape.length !== 1 || shape[0] !== outputs) {
    throw new FtteError(
      'model-invalid',
      `the last layer gives [${shape}], the task wants [${outputs}] (one number an output)`,
      { got: `[${shape}]`, wanted: outputs },
    );
  }
  return { input, layers, loss, shapes, outputs };
}

function outputShape(layer: LayerSpec, shape: Shape, index: number): Shape {
  const wrong = (wanted: string) =>
    new FtteError('model-invalid', `layer ${index} (${layer.type}) gets [${shape}], wants ${wanted}`, {
      layer: index,
      type: layer.type,
      got: `[${shape}]`,
    });
  const [length, channels] = shape as [number, number];
  switch (layer.type) {
    case 'dense':
      if (shape.length !== 1) throw wrong('[features]: put flatten or globalaveragepool1d before it');
      return [layer.units];
    case 'conv1d':
      if (shape.length !== 2) throw wrong('[length, channels]');
      if (layer.padding === 'valid' && length < layer.kernel)
        throw wrong(`a length of at least ${layer.kernel}`);
      return [layer.padding === 'same' ? length : length - layer.kernel + 1, layer.filters];
    case 'relu':
      return shape;
    case 'maxpool1d':
      if (shape.length !== 2) throw wrong('[length, channels]');
      if (length < layer.size) throw wrong(`a length of at least ${layer.size}`);
      return [Math.floor(length / layer.size), channels];
    case 'globalaveragepool1d':
      if (shape.length !== 2) throw wrong('[length, channels]');
      return [channels];
    case 'flatten':
      return [shape.reduce((product, size) => product * size, 1)];
  }
}

import { FtteError } from '../platform';
import { type LayerSpec, layerKind, type Shape } from './layer-kinds';

/**
 * The output's shape of one layer.
 * @param second shape of the other input of a layer that has two
 * @throws FtteError `model-invalid` naming the layer, the shape it got and the shape it expected
 */
export function outputShape(
  layer: LayerSpec,
  shape: Shape,
  index: number,
  second: Shape | undefined,
): readonly number[] {
  const refuse = (expected: string) =>
    new FtteError('model-invalid', `layer ${index} (${layer.type}) got [${shape}], expected ${expected}`, {
      layer: index,
      type: layer.type,
      got: `[${shape}]`,
    });
  return layerKind(layer).outputShape(layer, shape, { second, refuse });
}

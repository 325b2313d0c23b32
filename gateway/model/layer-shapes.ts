import { FtteError } from '../platform';
import type { LayerOf, LayerSpec, Shape } from './layers';

/** Both directions of a number given once or as `[height, width]`. */
export const bothWays = (value: number | readonly [number, number] | undefined): readonly [number, number] =>
  value === undefined ? [1, 1] : typeof value === 'number' ? [value, value] : value;

type Convolution = LayerOf<'conv1d' | 'conv2d' | 'depthwiseconv1d' | 'depthwiseconv2d'>;
type Wrong = (wanted: string) => FtteError;

/** Rows that a convolution or a pooling gives along one direction, as Keras counts them. */
function convolvedLength(length: number, kernel: number, stride: number, padding: 'same' | 'valid'): number {
  return padding === 'same' ? Math.ceil(length / stride) : Math.floor((length - kernel) / stride) + 1;
}

/**
 * The output's shape of one layer.
 * @param second shape of the other input of `add`
 * @throws FtteError `model-invalid` naming the layer, the shape it got and the shape it wants
 */
export function outputShape(
  layer: LayerSpec,
  shape: Shape,
  index: number,
  second: Shape | undefined,
): readonly number[] {
  const wrong: Wrong = (wanted) =>
    new FtteError('model-invalid', `layer ${index} (${layer.type}) gets [${shape}], wants ${wanted}`, {
      layer: index,
      type: layer.type,
      got: `[${shape}]`,
    });
  switch (layer.type) {
    case 'dense':
      if (shape.length !== 1) throw wrong('[features]: put flatten or global average pooling before it');
      return [layer.units];
    case 'conv1d':
    case 'conv2d':
      return [...convolved(layer, shape, wrong), layer.filters];
    case 'depthwiseconv1d':
    case 'depthwiseconv2d':
      return [...convolved(layer, shape, wrong), shape.at(-1)!];
    case 'gru':
      rank(shape, 2, wrong);
      return layer.sequences ? [shape[0]!, layer.units] : [layer.units];
    case 'maxpool1d':
    case 'averagepool1d':
      return pooled(shape, [layer.size], wrong);
    case 'maxpool2d':
    case 'averagepool2d':
      return pooled(shape, bothWays(layer.size), wrong);
    case 'globalaveragepool1d':
      rank(shape, 2, wrong);
      return shape.slice(-1);
    case 'globalaveragepool2d':
      rank(shape, 3, wrong);
      return shape.slice(-1);
    case 'upsampling1d':
      rank(shape, 2, wrong);
      return [shape[0]! * layer.size, shape[1]!];
    case 'flatten':
      return [sizeOf(shape)];
    case 'reshape':
      if (sizeOf(layer.shape) !== sizeOf(shape)) throw wrong(`as many values as [${layer.shape}] has`);
      return layer.shape;
    case 'add':
      if (String(second) !== String(shape)) throw wrong(`[${second}], the shape of "${layer.with}"`);
      return shape;
    default:
      return shape;
  }
}

function convolved(layer: Convolution, shape: Shape, wrong: Wrong): number[] {
  const flat = layer.type === 'conv1d' || layer.type === 'depthwiseconv1d';
  rank(shape, flat ? 2 : 3, wrong);
  const kernel = flat ? [layer.kernel as number] : bothWays(layer.kernel);
  const stride = flat ? [(layer.stride as number | undefined) ?? 1] : bothWays(layer.stride);
  return kernel.map((taps, way) => {
    const length = shape[way]!;
    if (layer.padding === 'valid' && length < taps) throw wrong(`${wayName(way, flat)} of at least ${taps}`);
    return convolvedLength(length, taps, stride[way]!, layer.padding);
  });
}

function pooled(shape: Shape, size: readonly number[], wrong: Wrong): number[] {
  rank(shape, size.length + 1, wrong);
  const lengths = size.map((taps, way) => {
    if (shape[way]! < taps) throw wrong(`${wayName(way, size.length === 1)} of at least ${taps}`);
    return Math.floor(shape[way]! / taps);
  });
  return [...lengths, shape.at(-1)!];
}

function rank(shape: Shape, wanted: number, wrong: Wrong): void {
  if (shape.length !== wanted)
    throw wrong(wanted === 2 ? '[length, channels]' : '[height, width, channels]: put reshape before it');
}

const wayName = (way: number, flat: boolean) => `a ${flat ? 'length' : way === 0 ? 'height' : 'width'}`;

/** Values in an example of a shape. */
export const sizeOf = (shape: Shape): number => shape.reduce((product, length) => product * length, 1);

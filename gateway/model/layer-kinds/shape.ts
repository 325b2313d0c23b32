import type { FtteError } from '../../platform';

/** Shape of one example between two layers: `[length, channels]`, `[height, width, channels]` or `[features]`. */
export type Shape = readonly number[];

/** A setting for both directions: one number, or `[height, width]`. */
export type BothWays = number | readonly [height: number, width: number];

/** Makes the error of a layer that cannot take its input, from what it expected instead. */
export type Refuse = (expected: string) => FtteError;

/** Values in an example of a shape. */
export const sizeOf = (shape: Shape): number => shape.reduce((product, length) => product * length, 1);

/** Both directions of a number that is given once or as `[height, width]`; 1 by default. */
export const bothWays = (value: BothWays | undefined): readonly [number, number] =>
  value === undefined ? [1, 1] : typeof value === 'number' ? [value, value] : value;

/** Checks the number of dimensions: 2 for rows, 3 for pictures. @throws the layer's error */
export function expectRank(shape: Shape, rank: 2 | 3, refuse: Refuse): void {
  if (shape.length !== rank)
    throw refuse(rank === 2 ? '[length, channels]' : '[height, width, channels]: put reshape before it');
}

/**
 * Lengths of the output of a convolution or a pooling, as Keras counts them, without its channels.
 * @param kernel one length for each direction: one for rows, two for pictures
 * @throws the layer's error if a kernel without padding is longer than the input
 */
export function convolvedLengths(
  shape: Shape,
  kernel: readonly number[],
  stride: readonly number[],
  padding: 'same' | 'valid' | 'causal',
  refuse: Refuse,
): number[] {
  expectRank(shape, kernel.length === 1 ? 2 : 3, refuse);
  return kernel.map((taps, way) => {
    const [length, step] = [shape[way]!, stride[way]!];
    if (padding !== 'valid') return Math.ceil(length / step);
    if (length < taps) throw refuse(`${wayName(way, kernel.length)} of at least ${taps}`);
    return Math.floor((length - taps) / step) + 1;
  });
}

const wayName = (way: number, ways: number) => `a ${ways === 1 ? 'length' : way === 0 ? 'height' : 'width'}`;

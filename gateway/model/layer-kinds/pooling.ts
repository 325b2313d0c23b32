import { defineLayer } from './layer-kind';
import { bothWays, convolvedLengths, expectRank, sizeOf } from './shape';

/** Most taps of a window that is no partition's: one byte says which is the largest. */
const mostTaps = 254;

/** Pooling over the windows of rows. Without a stride the windows do not overlap: it is the size. */
const pool1d = defineLayer({
  settings: (_, { positive, poolPadding }) => ({
    size: positive.max(255).default(2),
    stride: positive.max(255).optional(),
    padding: poolPadding,
  }),
  outputShape: ({ size, stride = size, padding = 'valid' }, input, { refuse }) => {
    if (size > mostTaps && (stride !== size || padding === 'same')) throw refuse(`at most ${mostTaps} taps`);
    return [...convolvedLengths(input, [size], [stride], padding, refuse), input.at(-1)!];
  },
});

/** Pooling over the windows of pictures. Without a stride the windows do not overlap: it is the size. */
const pool2d = defineLayer({
  settings: (_, { pair, poolPadding }) => ({
    size: pair(31).default(2),
    stride: pair(31).optional(),
    padding: poolPadding,
  }),
  outputShape: ({ size, stride = size, padding = 'valid' }, input, { refuse }) => {
    const [taps, steps] = [bothWays(size), bothWays(stride)];
    if (sizeOf(taps) > mostTaps && (String(taps) !== String(steps) || padding === 'same')) {
      throw refuse(`at most ${mostTaps} taps`);
    }
    return [...convolvedLengths(input, taps, steps, padding, refuse), input.at(-1)!];
  },
});

/** `[length, channels] -> [length', channels]`: the largest of each window. */
export const maxpool1d = pool1d;
/** `[length, channels] -> [length', channels]`: the mean of each window. */
export const averagepool1d = pool1d;
/** `[height, width, channels] -> [height', width', channels]`: the largest of each window. */
export const maxpool2d = pool2d;
/** `[height, width, channels] -> [height', width', channels]`: the mean of each window. */
export const averagepool2d = pool2d;

const globalPool1d = defineLayer({
  settings: () => ({}),
  outputShape(_, input, { refuse }) {
    expectRank(input, 2, refuse);
    return input.slice(-1);
  },
});

const globalPool2d = defineLayer({
  settings: () => ({}),
  outputShape(_, input, { refuse }) {
    expectRank(input, 3, refuse);
    return input.slice(-1);
  },
});

/** `[length, channels] -> [channels]`: the mean over the length. */
export const globalaveragepool1d = globalPool1d;
/** `[height, width, channels] -> [channels]`: the mean over the picture. */
export const globalaveragepool2d = globalPool2d;
/** `[length, channels] -> [channels]`: the largest over the length. */
export const globalmaxpool1d = globalPool1d;
/** `[height, width, channels] -> [channels]`: the largest of the picture. */
export const globalmaxpool2d = globalPool2d;

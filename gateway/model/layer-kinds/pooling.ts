import { defineLayer } from './layer-kind';
import { bothWays, expectRank, pooledShape } from './shape';

/** Pooling over the windows of rows. The windows do not overlap: the stride is the size. */
const pool1d = defineLayer({
  settings: (_, { positive }) => ({ size: positive.max(255).default(2) }),
  outputShape: ({ size }, input, { refuse }) => pooledShape(input, [size], refuse),
});

/** Pooling over the windows of pictures. The windows do not overlap: the stride is the size. */
const pool2d = defineLayer({
  settings: (_, { pair }) => ({ size: pair(31).default(2) }),
  outputShape: ({ size }, input, { refuse }) => pooledShape(input, bothWays(size), refuse),
});

/** `[length, channels] -> [length / size, channels]`: the largest of each window. */
export const maxpool1d = pool1d;
/** `[length, channels] -> [length / size, channels]`: the mean of each window. */
export const averagepool1d = pool1d;
/** `[height, width, channels] -> [height / down, width / across, channels]`: the largest of each window. */
export const maxpool2d = pool2d;
/** `[height, width, channels] -> [height / down, width / across, channels]`: the mean of each window. */
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

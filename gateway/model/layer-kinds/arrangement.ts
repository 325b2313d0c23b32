import { defineLayer } from './layer-kind';
import { expectRank, sizeOf } from './shape';

/** `[length, channels] -> [length * size, channels]`: repeats each row `size` times. */
export const upsampling1d = defineLayer({
  settings: (_, { positive }) => ({ size: positive.max(255).default(2) }),
  outputShape({ size }, input, { refuse }) {
    expectRank(input, 2, refuse);
    return [input[0]! * size, input[1]!];
  },
});

/** `[length, channels] -> [before + length + after, channels]`: rows of zeros at both ends. */
export const zeropadding1d = defineLayer({
  settings: (z) => {
    const rows = z.number().int().min(0).max(4096).default(1);
    return { before: rows, after: rows };
  },
  outputShape({ before, after }, input, { refuse }) {
    expectRank(input, 2, refuse);
    return [before + input[0]! + after, input[1]!];
  },
});

/** The same values, row-major, as `[features]`. */
export const flatten = defineLayer({
  settings: () => ({}),
  outputShape: (_, input) => [sizeOf(input)],
});

/** The same values, row-major, under another shape, such as `[height, width, channels]` for `[length, channels]`. */
export const reshape = defineLayer({
  settings: (z, { positive }) => ({ shape: z.array(positive.max(65_536)).min(1).max(3) }),
  outputShape({ shape }, input, { refuse }) {
    if (sizeOf(shape) !== sizeOf(input)) throw refuse(`as many values as [${shape}] has`);
    return shape;
  },
});

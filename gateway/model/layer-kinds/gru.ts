import { defineLayer } from './layer-kind';
import { expectRank } from './shape';

/**
 * Gated recurrent unit over `[length, channels]`, as Keras computes it by default (`reset_after`). Its output is the last
 * state, `[units]`, or with `sequences` every state, `[length, units]`.
 */
export const gru = defineLayer({
  settings: (z, { positive }) => ({ units: positive.max(512), sequences: z.boolean().optional() }),
  outputShape({ units, sequences }, input, { refuse }) {
    expectRank(input, 2, refuse);
    return sequences ? [input[0]!, units] : [units];
  },
  tensors: ({ units }, input) => [
    { role: 'kernel', shape: [input.at(-1)!, 3 * units] },
    { role: 'recurrent', shape: [units, 3 * units] },
    { role: 'bias', shape: [2, 3 * units] },
  ],
  operations: ({ units }, [length = 0, channels = 0]) => length * 2 * 3 * units * (channels + units),
});

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

/**
 * Long short-term memory over `[length, channels]`, as Keras computes it: gates in the order input, forget, candidate,
 * output. Its output is the last state, `[units]`, or with `sequences` every state, `[length, units]`. `gates` is how they
 * open: by a sigmoid, or by the line x / 5 + 1/2 clipped to 0 .. 1, the default of TensorFlow.js and of early Keras. The
 * forget gate's bias is 1 in version 0 (Jozefowicz 2015, section 2.2).
 */
export const lstm = defineLayer({
  settings: (z, { positive }) => ({
    units: positive.max(512),
    sequences: z.boolean().optional(),
    gates: z.enum(['sigmoid', 'hard-sigmoid']).optional(),
  }),
  outputShape({ units, sequences }, input, { refuse }) {
    expectRank(input, 2, refuse);
    return sequences ? [input[0]!, units] : [units];
  },
  tensors: ({ units }, input) => [
    { role: 'kernel', shape: [input.at(-1)!, 4 * units] },
    { role: 'recurrent', shape: [units, 4 * units] },
    { role: 'bias', shape: [4 * units], ones: { from: units, to: 2 * units } },
  ],
  operations: ({ units }, [length = 0, channels = 0]) => length * 2 * 4 * units * (channels + units),
});

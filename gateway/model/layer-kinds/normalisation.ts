import { defineLayer } from './layer-kind';
import { sizeOf } from './shape';

/**
 * Normalises each channel with fixed statistics, then scales and shifts it: gamma * (x - mean) / sqrt(variance + epsilon)
 * + beta. Mean and variance are never trained: they come with an imported model, or are 0 and 1.
 */
export const batchnorm = defineLayer({
  settings: (z) => ({ epsilon: z.number().positive().max(1).default(0.001) }),
  outputShape: (_, input) => input,
  tensors: (_, input) =>
    (['gamma', 'beta', 'mean', 'variance'] as const).map((role) => ({ role, shape: [input.at(-1)!] })),
  initialisation: 'passes',
});

/**
 * Normalises each row by its own mean and variance over the channels, then scales and shifts each channel: gamma * (x -
 * mean) / sqrt(variance + epsilon) + beta (Ba 2016, arXiv 1607.06450).
 */
export const layernorm = defineLayer({
  settings: (z) => ({ epsilon: z.number().positive().max(1).default(0.001) }),
  outputShape: (_, input) => input,
  tensors: (_, input) => (['gamma', 'beta'] as const).map((role) => ({ role, shape: [input.at(-1)!] })),
  operations: (_, input) => 8 * sizeOf(input),
  initialisation: 'passes',
});

/**
 * Normalises each of `groups` groups of neighbouring channels by its own mean and variance over all positions of an example,
 * then scales and shifts each channel: gamma * (x - mean) / sqrt(variance + epsilon) + beta (Wu and He 2018, arXiv
 * 1803.08494).
 */
export const groupnorm = defineLayer({
  settings: (z, { positive }) => ({
    groups: positive.max(4096),
    epsilon: z.number().positive().max(1).default(0.001),
  }),
  outputShape({ groups }, input, { refuse }) {
    if (input.at(-1)! % groups !== 0) throw refuse(`channels in ${groups} groups of equal size`);
    return input;
  },
  tensors: (_, input) => (['gamma', 'beta'] as const).map((role) => ({ role, shape: [input.at(-1)!] })),
  operations: (_, input) => 8 * sizeOf(input),
  initialisation: 'passes',
});

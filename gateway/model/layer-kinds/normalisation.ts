import { defineLayer } from './layer-kind';

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

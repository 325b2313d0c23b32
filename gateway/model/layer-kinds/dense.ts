import { defineLayer, kernelAndBias, productOperations } from './layer-kind';

/** `[features] -> [units]`: y = x w + b. */
export const dense = defineLayer({
  settings: (_, { positive, bias }) => ({ units: positive.max(4096), bias }),
  outputShape({ units }, input, { refuse }) {
    if (input.length !== 1) throw refuse('[features]: put flatten or global average pooling before it');
    return [units];
  },
  tensors({ units, bias }, [features = 0]) {
    const kernel = { role: 'kernel', shape: [features, units], inputChannels: features } as const;
    return kernelAndBias(kernel, units, bias);
  },
  operations: (_, [features = 0], output) => productOperations(output, features),
});

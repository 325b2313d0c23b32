import { defineLayer, kernelAndBias, productOperations, type TensorPart } from './layer-kind';
import { bothWays, convolvedLengths, type Shape, sizeOf } from './shape';

/**
 * `[length, channels] -> [length', filters]`. With the padding `causal` no output depends on later rows; with a dilation
 * the taps of the kernel lie so many rows apart.
 */
export const conv1d = defineLayer({
  settings: (z, { positive, bias }) => ({
    filters: positive.max(1024),
    kernel: positive.max(255),
    /** 1 by default. */
    stride: positive.max(64).optional(),
    /** 1 by default; with a stride of 1 only. */
    dilation: positive.max(1024).optional(),
    padding: z.enum(['same', 'valid', 'causal']).default('same'),
    bias,
  }),
  outputShape({ kernel, stride = 1, dilation = 1, padding, filters }, input, { refuse }) {
    if (stride > 1 && dilation > 1) throw refuse('a stride of 1 beside a dilation');
    const span = (kernel - 1) * dilation + 1;
    return [...convolvedLengths(input, [span], [stride], padding, refuse), filters];
  },
  tensors: ({ kernel, filters, bias }, input) =>
    kernelAndBias(fullKernel([kernel], input, filters), filters, bias),
  operations: ({ kernel }, input, output) => productOperations(output, kernel * input.at(-1)!),
});

/** `[height, width, channels] -> [height', width', filters]`. */
export const conv2d = defineLayer({
  settings: (_, { positive, pair, padding, bias }) => ({
    filters: positive.max(1024),
    kernel: pair(31),
    stride: pair(16).optional(),
    padding,
    bias,
  }),
  outputShape: ({ kernel, stride, padding, filters }, input, { refuse }) => [
    ...convolvedLengths(input, bothWays(kernel), bothWays(stride), padding, refuse),
    filters,
  ],
  tensors: ({ kernel, filters, bias }, input) =>
    kernelAndBias(fullKernel(bothWays(kernel), input, filters), filters, bias),
  operations: ({ kernel }, input, output) =>
    productOperations(output, sizeOf(bothWays(kernel)) * input.at(-1)!),
});

/** `[length, channels] -> [length', channels]`: each channel has a kernel of its own. */
export const depthwiseconv1d = defineLayer({
  settings: (_, { positive, padding, bias }) => ({
    kernel: positive.max(255),
    stride: positive.max(64).optional(),
    padding,
    bias,
  }),
  outputShape: ({ kernel, stride = 1, padding }, input, { refuse }) => [
    ...convolvedLengths(input, [kernel], [stride], padding, refuse),
    input.at(-1)!,
  ],
  tensors: ({ kernel, bias }, input) => kernelAndBias(depthwiseKernel([kernel], input), input.at(-1)!, bias),
  operations: ({ kernel }, _, output) => productOperations(output, kernel),
});

/** `[height, width, channels] -> [height', width', channels]`: each channel has a kernel of its own. */
export const depthwiseconv2d = defineLayer({
  settings: (_, { pair, padding, bias }) => ({
    kernel: pair(31),
    stride: pair(16).optional(),
    padding,
    bias,
  }),
  outputShape: ({ kernel, stride, padding }, input, { refuse }) => [
    ...convolvedLengths(input, bothWays(kernel), bothWays(stride), padding, refuse),
    input.at(-1)!,
  ],
  tensors: ({ kernel, bias }, input) =>
    kernelAndBias(depthwiseKernel(bothWays(kernel), input), input.at(-1)!, bias),
  operations: ({ kernel }, _, output) => productOperations(output, sizeOf(bothWays(kernel))),
});

function fullKernel(lengths: readonly number[], input: Shape, filters: number): TensorPart {
  const channels = input.at(-1)!;
  return { role: 'kernel', shape: [...lengths, channels, filters], inputChannels: channels };
}

function depthwiseKernel(lengths: readonly number[], input: Shape): TensorPart {
  const channels = input.at(-1)!;
  return { role: 'kernel', shape: [...lengths, channels, 1], inputChannels: channels, depthwise: true };
}

import { z } from 'zod';

const positive = z.number().int().min(1);
/** One number for both directions, or `[height, width]`. */
const pair = (most: number) =>
  z.union([positive.max(most), z.tuple([positive.max(most), positive.max(most)])]);

/** What every layer may have: a name, to give its weights and to be referred to by `add`. */
const named = {
  name: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/)
    .optional(),
};
const padding = z.enum(['same', 'valid']).default('same');
/** Left out: true. */
const bias = z.boolean().optional();

/**
 * The layers a model is made of, in order; each takes the output of the one before. Data is channels-last:
 * `[length, channels]`, `[height, width, channels]` or, after `flatten` and pooling over everything, `[features]`.
 * Names of kinds and weights follow Keras, so that models can be exchanged.
 */
export const layerSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('dense'), ...named, units: positive.max(4096), bias }),
  z.strictObject({
    type: z.literal('conv1d'),
    ...named,
    filters: positive.max(1024),
    kernel: positive.max(255),
    /** Left out: 1. */
    stride: positive.max(64).optional(),
    padding,
    bias,
  }),
  z.strictObject({
    type: z.literal('conv2d'),
    ...named,
    filters: positive.max(1024),
    kernel: pair(31),
    stride: pair(16).optional(),
    padding,
    bias,
  }),
  /** Each channel with a kernel of its own. */
  z.strictObject({
    type: z.literal('depthwiseconv1d'),
    ...named,
    kernel: positive.max(255),
    stride: positive.max(64).optional(),
    padding,
    bias,
  }),
  z.strictObject({
    type: z.literal('depthwiseconv2d'),
    ...named,
    kernel: pair(31),
    stride: pair(16).optional(),
    padding,
    bias,
  }),
  /**
   * Gated recurrent unit over `[length, channels]`, as Keras computes it by default (`reset_after`). Gives the last
   * state, `[units]`, or with `sequences` every state, `[length, units]`.
   */
  z.strictObject({
    type: z.literal('gru'),
    ...named,
    units: positive.max(512),
    sequences: z.boolean().optional(),
  }),
  /**
   * Normalises each channel with fixed statistics, then scales and shifts it: gamma * (x - mean) / sqrt(variance +
   * epsilon) + beta. Mean and variance are never trained: they come with an imported model, or are 0 and 1.
   */
  z.strictObject({
    type: z.literal('batchnorm'),
    ...named,
    epsilon: z.number().positive().max(1).default(0.001),
  }),
  z.strictObject({ type: z.literal('relu'), ...named }),
  z.strictObject({ type: z.literal('relu6'), ...named }),
  z.strictObject({ type: z.literal('tanh'), ...named }),
  z.strictObject({ type: z.literal('sigmoid'), ...named }),
  /** While training, each value is zeroed with probability `rate` and the others are scaled by 1 / (1 - rate). */
  z.strictObject({ type: z.literal('dropout'), ...named, rate: z.number().min(0).lt(1) }),
  /** Adds the output of an earlier layer (`with`: its name, or `input`) of the same shape: a residual connection. */
  z.strictObject({ type: z.literal('add'), ...named, with: z.string().min(1).max(64) }),
  /** Pooling windows do not overlap: the stride is the size. */
  z.strictObject({ type: z.literal('maxpool1d'), ...named, size: positive.max(255).default(2) }),
  z.strictObject({ type: z.literal('averagepool1d'), ...named, size: positive.max(255).default(2) }),
  z.strictObject({ type: z.literal('maxpool2d'), ...named, size: pair(31).default(2) }),
  z.strictObject({ type: z.literal('averagepool2d'), ...named, size: pair(31).default(2) }),
  z.strictObject({ type: z.literal('globalaveragepool1d'), ...named }),
  z.strictObject({ type: z.literal('globalaveragepool2d'), ...named }),
  /** Repeats each row `size` times. */
  z.strictObject({ type: z.literal('upsampling1d'), ...named, size: positive.max(255).default(2) }),
  z.strictObject({ type: z.literal('flatten'), ...named }),
  /** The same values, row-major, under another shape: `[length, channels]` as `[height, width, channels]`, say. */
  z.strictObject({
    type: z.literal('reshape'),
    ...named,
    shape: z.array(positive.max(65_536)).min(1).max(3),
  }),
]);

/** One layer as it is written in a task. */
export type LayerSpec = z.infer<typeof layerSchema>;
/** The specification of one kind of layer. */
export type LayerOf<Type extends LayerSpec['type']> = Extract<LayerSpec, { type: Type }>;

/** The shape of one example between two layers: `[length, channels]`, `[height, width, channels]` or `[features]`. */
export type Shape = readonly number[];

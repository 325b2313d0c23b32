import { z } from 'zod';

const positive = z.number().int().min(1);

/**
 * The layers a model is made of, in order; each takes the output of the one before. Data is channels-last:
 * `[length, channels]` or, after `flatten` and pooling over everything, `[features]`. Names of kinds and weights
 * follow Keras, so that models can be exchanged.
 */
export const layerSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('dense'), units: positive.max(4096) }),
  z.strictObject({
    type: z.literal('conv1d'),
    filters: positive.max(1024),
    kernel: positive.max(255),
    padding: z.enum(['same', 'valid']).default('same'),
  }),
  z.strictObject({ type: z.literal('relu') }),
  z.strictObject({ type: z.literal('maxpool1d'), size: positive.max(255).default(2) }),
  z.strictObject({ type: z.literal('globalaveragepool1d') }),
  z.strictObject({ type: z.literal('flatten') }),
]);

/** One layer as it is written in a task. */
export type LayerSpec = z.infer<typeof layerSchema>;

/** The shape of one example between two layers: `[length, channels]` or `[features]`. */
export type Shape = readonly number[];

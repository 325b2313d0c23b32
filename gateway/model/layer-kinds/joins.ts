import type { Zod } from './fields';
import { defineLayer } from './layer-kind';

/** The name of an earlier layer, or `input`. */
const earlier = (z: Zod) => z.string().min(1).max(64);

/** Adds the output of an earlier layer (`with`: its name, or `input`) of the same shape: a residual connection. */
export const add = defineLayer({
  settings: (z) => ({ with: earlier(z) }),
  outputShape(spec, input, { second, refuse }) {
    if (String(second) !== String(input)) throw refuse(`[${second}], the shape of "${spec.with}"`);
    return input;
  },
  secondInput: 'with',
});

/**
 * Puts the channels of an earlier layer (`with`: its name, or `input`) before its own, or with `after` behind them: `[...,
 * channels] -> [..., channels + those of the earlier]`.
 */
export const concat = defineLayer({
  settings: (z) => ({ with: earlier(z), after: z.boolean().optional() }),
  outputShape(spec, input, { second = [], refuse }) {
    if (String(second.slice(0, -1)) !== String(input.slice(0, -1))) {
      throw refuse(`[${[...second.slice(0, -1), 'channels']}], as "${spec.with}" has`);
    }
    return [...input.slice(0, -1), input.at(-1)! + second.at(-1)!];
  },
  secondInput: 'with',
});

/**
 * Starts a branch: gives the output of an earlier layer (`from`: its name, or `input`) again. What the layer before it gave
 * waits for an `add` or `concat` further on.
 */
export const branch = defineLayer({
  settings: (z) => ({ from: earlier(z) }),
  outputShape: (_, __, { second = [] }) => second,
  secondInput: 'from',
  startsBranch: true,
});

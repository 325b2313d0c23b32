import type { z } from 'zod';

/** The schema library, handed in: threads that only need shapes do not load it. */
export type Zod = typeof z;

/** Schemas of settings that several kinds of layers have. */
export type LayerFields = ReturnType<typeof layerFields>;

export function layerFields(z: Zod) {
  const positive = z.number().int().min(1);
  return {
    positive,
    /** One number for both directions, or `[height, width]`. */
    pair: (most: number) => z.union([positive.max(most), z.tuple([positive.max(most), positive.max(most)])]),
    padding: z.enum(['same', 'valid']).default('same'),
    /** `valid` by default. */
    poolPadding: z.enum(['same', 'valid']).optional(),
    /** True by default. */
    bias: z.boolean().optional(),
  };
}

/** The name that every layer may have: its weights get it, and `add` refers to it. */
export const nameField = (z: Zod) =>
  z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/)
    .optional();

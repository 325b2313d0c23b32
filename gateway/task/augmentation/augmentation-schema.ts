import { z } from 'zod';

/** Ways in which a training window may be changed by chance. */
export const augmentationNames = ['jitter', 'scale', 'rotation', 'warp', 'shift'] as const;

/** One of `augmentationNames`. */
export type AugmentationName = (typeof augmentationNames)[number];

const names = augmentationNames.join(', ');
const entry = new RegExp(`^(auto|none|(${augmentationNames.join('|')})( \\d+(\\.\\d+)?)?)$`);

/**
 * Changes by chance to windows that are trained on, in the thread that trains. `auto` chooses by the channels; `none`
 * trains on windows as they are. In a list, a name may have a strength behind it: `rotation 20`. That is, at most,
 * `jitter`: spreads of a channel; `scale` and `warp`: a share, 0.1 is 10 % more or less; `shift`: a share of the window;
 * `rotation`: degrees around each axis.
 */
export const augmentationSchema = z.union(
  [
    z.enum(['auto', 'none']),
    z
      .array(
        z.string().regex(entry, { error: `expected one of ${names}, or one with a strength: "rotation 20"` }),
      )
      .min(1)
      .max(augmentationNames.length),
  ],
  { error: `expected auto, none, or a list of ${names}` },
);

/** The setting `training.augmentation`. */
export type Augmentation = z.infer<typeof augmentationSchema>;

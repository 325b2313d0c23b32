import type { TensorEncoding } from '.';

/** The purposes for which a task sets an encoding. */
export type EncodingPurpose = 'update' | 'patch' | 'catchUp';

/** Below this number of values a byte for each costs less than the rest of the message. */
const few = 256;
/** A catch-up with more values than this is made without a pause, for which coarse levels take too long. */
const many = 65_536;
/** The choice of `auto` for few values, and for more. */
const automatic = {
  update: ['int8', 'dithered'],
  patch: ['int8', 'coarse'],
  catchUp: ['int8', 'coarse'],
} as const;

/**
 * The encoding of a tensor.
 * @param setting of the task: a name, or `auto`
 * @param count values of the tensor
 */
export function chooseEncoding(
  purpose: EncodingPurpose,
  setting: TensorEncoding | 'auto',
  count: number,
): TensorEncoding {
  if (setting !== 'auto') return setting;
  const fine = count < few || (purpose === 'catchUp' && count > many);
  return automatic[purpose][fine ? 0 : 1];
}

/** The encoding with the most bytes for each value that a setting for a purpose can mean. */
export const finestEncoding = (purpose: EncodingPurpose, setting: TensorEncoding | 'auto'): TensorEncoding =>
  chooseEncoding(purpose, setting, 0);

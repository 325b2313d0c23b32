/** The forms in which the values of tensors travel: one object for each in one table. */
import { z } from 'zod';
import { type Resumable, runSync } from '../../platform';
import { coarse } from './coarse';
import { dithered } from './dithered';
import type { Encoding, FieldsOf } from './encoding';
import { float16 } from './float16';
import { float32 } from './float32';
import { int8 } from './int8';
import { int8Blocks } from './int8-blocks';
import { masked } from './masked';

export { chooseEncoding, type EncodingPurpose, finestEncoding } from './choose';
export { anyNumber, bytes, type Encoding, floats, maxValues } from './encoding';

/** Every encoding, by its name on the wire. */
export const encodings = {
  float32,
  int8,
  float16,
  'int8-blocks': int8Blocks,
  dithered,
  coarse,
  masked,
} as const;

/** The name of an encoding. */
export type TensorEncoding = keyof typeof encodings;

/** A tensor as it travels: a map with `encoding` and the fields of that encoding. */
export type EncodedTensor = {
  [Name in TensorEncoding]: (typeof encodings)[Name] extends Encoding<infer Fields>
    ? { readonly encoding: Name } & Readonly<FieldsOf<Fields>>
    : never;
}[TensorEncoding];

/** The encoding of a name. The table ties each name to its own fields, which an index by a union loses. */
export const encodingOf = (name: TensorEncoding): Encoding => encodings[name] as unknown as Encoding;

/** The encoding in which a change of the whole model travels, if `name` was chosen for it. */
export const encodingOverModel = (name: TensorEncoding): TensorEncoding =>
  (encodingOf(name).overModel ?? name) as TensorEncoding; // a test looks for it in the table

const schemas = Object.entries(encodings as unknown as Record<string, Encoding>).map(
  ([name, { fields, fault }]) =>
    z.object({ encoding: z.literal(name), ...fields }).superRefine((encoded, context) => {
      const wrong = fault?.(encoded);
      if (wrong) context.addIssue({ code: 'custom', path: [wrong.field], message: wrong.problem });
    }),
);

/** The schema of a tensor as it travels. */
export const encodedTensorSchema = z
  .discriminatedUnion('encoding', schemas as [(typeof schemas)[number], ...typeof schemas])
  .transform((fields) => fields as unknown as EncodedTensor);

/** Puts values into the form they travel in. */
export function encodeValues(values: Float32Array, encoding: TensorEncoding): EncodedTensor {
  return runSync(encodeSteps(values, encoding));
}

/**
 * The same, with pauses. `values` must stay as they are until it is done.
 * @param step between two levels, for an encoding that lets its sender choose
 */
export function* encodeSteps(
  values: Float32Array,
  encoding: TensorEncoding,
  step?: number,
): Resumable<EncodedTensor> {
  return { encoding, ...(yield* encodingOf(encoding).encode(values, step)) } as EncodedTensor;
}

/**
 * Does what takes long of decoding, with pauses.
 * @throws FtteError `message-invalid` if the values are not those that were sent
 */
export function* readSteps(encoded: EncodedTensor): Resumable<void> {
  yield* encodingOf(encoded.encoding).read?.(encoded) ?? [];
}

/** The number of values of a tensor. */
export const countOf = (encoded: EncodedTensor): number => encodingOf(encoded.encoding).count(encoded);

/** The values that a receiver works with; of a form that holds them as they are, the same memory. */
export function decodeTensor(encoded: EncodedTensor): Float32Array {
  const known = encodingOf(encoded.encoding).asTheyAre?.(encoded);
  if (known) return known;
  const values = new Float32Array(countOf(encoded));
  decodeInto(encoded, values);
  return values;
}

/** Writes the values that a receiver works with to `into`, as many as it holds, from the value `from` on. */
export function decodeInto(encoded: EncodedTensor, into: Float32Array, from = 0): void {
  encodingOf(encoded.encoding).decode(encoded, into, from);
}

/** The exact float32 values that a receiver of `values` in this encoding sees, in memory of their own. */
export function asReceived(values: Float32Array, encoding: TensorEncoding): Float32Array {
  const received = decodeTensor(encodeValues(values, encoding));
  return received === values ? values.slice() : received;
}

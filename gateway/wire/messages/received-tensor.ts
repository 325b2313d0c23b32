import type { z } from 'zod';
import type { Resumable } from '../../platform';
import {
  countOf,
  decodeInto,
  decodeTensor,
  type EncodedTensor,
  encodedTensorSchema,
  readSteps,
  type TensorEncoding,
} from '../encodings';

/** Numbers for some coordinates of the flat vector. */
export interface Tensor {
  readonly encoding: TensorEncoding;
  readonly values: Float32Array;
  /** The form in which the values came, of a tensor that is decoded only when its values are asked for. */
  readonly form?: EncodedTensor;
}

/** A tensor whose receiver decides where its values are decoded to. Its form is not enumerable: copies have the values. */
export const receivedTensor: z.ZodType<Tensor> = encodedTensorSchema.transform((form): Tensor => {
  let decoded: Float32Array | undefined;
  const tensor = {
    encoding: form.encoding,
    get values() {
      decoded ??= decodeTensor(form);
      return decoded;
    },
  };
  return Object.defineProperty(tensor, 'form', { value: form });
});

/** The number of values; nothing is decoded for it. */
export function lengthOf(tensor: Tensor): number {
  return tensor.form ? countOf(tensor.form) : tensor.values.length;
}

/** Writes the values to `into`, which has room for them; no other memory is taken for it. */
export function copyValues(tensor: Tensor, into: Float32Array): void {
  if (tensor.form) decodeInto(tensor.form, into);
  else into.set(tensor.values);
}

/**
 * Does what takes long of decoding, with pauses; values that are damaged are found here.
 * @throws FtteError `message-invalid` if they are
 */
export function* readTensor({ form }: Tensor): Resumable<void> {
  if (form) yield* readSteps(form);
}

import { type EncodedTensor, tensorSchema } from '../../wire';
import type { StoredArray } from './array-container';

/** An encoded tensor as fields of a JSON header, and arrays beside it. */
export interface TensorFields {
  readonly fields: Readonly<Record<string, string | number>>;
  readonly arrays: Map<string, StoredArray>;
}

/** Divides a tensor into what a header takes and what is stored as arrays, under the names of its fields. */
export function tensorFields(tensor: EncodedTensor): TensorFields {
  const fields: Record<string, string | number> = {};
  const arrays = new Map<string, StoredArray>();
  const all: Record<string, string | number | StoredArray> = tensor;
  for (const [name, field] of Object.entries(all)) {
    if (typeof field === 'object') arrays.set(name, field);
    else fields[name] = field;
  }
  return { fields, arrays };
}

/** The values of a tensor that was divided. @throws if it is none */
export function valuesOf(
  fields: Readonly<Record<string, unknown>>,
  arrays: ReadonlyMap<string, StoredArray>,
): Float32Array {
  const { values } = tensorSchema.parse({ ...fields, ...Object.fromEntries(arrays) });
  return values;
}

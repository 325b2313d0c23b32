import { type EncodedTensor, receivedTensor, type Tensor } from '../../wire';
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

/** The tensor that was divided; its values are not decoded yet. @throws if it is none */
export function tensorOf(
  fields: Readonly<Record<string, unknown>>,
  arrays: ReadonlyMap<string, StoredArray>,
): Tensor {
  return receivedTensor.parse({ ...fields, ...Object.fromEntries(arrays) });
}

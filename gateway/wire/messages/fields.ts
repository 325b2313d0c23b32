import { z } from 'zod';
import type { ImportanceScores, Plan, Segment } from '../../model';
import { messageOf, type Resumable } from '../../platform';
import { bytes, type EncodedTensor, encodeSteps, encodeValues, encodings } from '../encodings';
import { id, mapOf, oneOf } from './field-form';
import { decodeEarlierPlan, decodePlan, isEarlierPlan } from './plan-code';
import { lengthOf, receivedTensor, type Tensor } from './received-tensor';
import { decodeSegments, encodeSegments } from './segment-code';

/** Numbers to be added to some parameters. */
export interface ParameterChange {
  /** The coordinates that change, ascending. */
  readonly segments: readonly Segment[];
  /** As many values as all segments have coordinates. */
  readonly delta: Tensor;
}

export const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
export const hex16 = z.string().regex(/^[0-9a-f]{16}$/, 'expected 16 lowercase hex digits');
export const hex64 = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lowercase hex digits');
/** Text of 16 hex digits, or empty. */
export const hex16OrNone = z.string().regex(/^([0-9a-f]{16})?$/, 'expected 16 lowercase hex digits');
export const shortText = z.string().max(128);

/** The share of each label in the federation, see `encodeShares`. What is not understood is left out: gateways do without. */
export const labelBytes = bytes.optional().catch(undefined);

/** A point in the life of the global model. */
export const modelVersion = {
  /** New whenever the parameters restart. */
  lineage: hex16,
  /** Counts applied buffers within its lineage. */
  version: count,
};

/** Which parameters an update is about. */
export const plan: z.ZodType<Plan> = z.custom<Plan>().transform((value: unknown, context) =>
  attempt(() => {
    if (value instanceof Uint8Array) return decodePlan(value);
    if (isEarlierPlan(value)) return decodeEarlierPlan(value);
    throw new Error('expected a byte string');
  }, context),
);

/** A tensor on the wire. */
export const tensorForm = mapOf('tensor', [
  ['encoding', oneOf('encoding', Object.keys(encodings))],
  'values',
  'scale',
  'scales',
]);
/** A change on the wire. */
export const changeForm = mapOf('change', ['segments', ['delta', tensorForm]]);
/** An anchor on the wire. */
export const anchorForm = mapOf('anchor', [
  ['id', id],
  ['fromSeed', changeForm],
]);
/** Importance scores on the wire. */
export const importanceForm = mapOf('scores', ['version', 'norms', 'gradients', 'gains']);

/** Measured importance, by which gateways choose their plans. */
export const importanceScores: z.ZodType<ImportanceScores> = z.object({
  version: count,
  norms: bytes.optional(),
  gradients: bytes.optional(),
  gains: z
    .array(z.object({ tensor: count, gains: z.array(z.number().finite()).min(1).max(8) }))
    .max(1024)
    .optional(),
});

/** The fields of a change, before `withSegments`. */
export const changeFields = { segments: bytes, delta: receivedTensor };

/** Decodes the segments of a change, which its values have to fit. */
export function withSegments<T extends { segments: Uint8Array; delta: Tensor }>(
  encoded: T,
  context: z.RefinementCtx,
): Omit<T, 'segments'> & ParameterChange {
  const { segments, delta } = encoded;
  return {
    ...encoded,
    segments: attempt(() => decodeSegments(segments, lengthOf(delta)), context, ['segments']),
  };
}

/** A change inside another field. */
export const change: z.ZodType<ParameterChange> = z.object(changeFields).transform(withSegments);

/** Many gateways are granted rounds from the same version: half a million values are encoded once. */
const encodedChanges = new WeakMap<ParameterChange, { segments: Uint8Array; delta: EncodedTensor }>();

/** A change as it travels. */
export function encodeChange(change: ParameterChange): { segments: Uint8Array; delta: EncodedTensor } {
  const known = encodedChanges.get(change);
  if (known) return known;
  const encoded = { segments: encodeSegments(change.segments), delta: encodeTensor(change.delta) };
  encodedChanges.set(change, encoded);
  return encoded;
}

/** A patch is encoded to be sent and once more to be counted: its rounding takes as long as all else. */
const encodedTensors = new WeakMap<Tensor, EncodedTensor>();

/** Takes the form in which a tensor will travel from a caller that has made it already, with pauses. */
export function rememberEncoded(tensor: Tensor, encoded: EncodedTensor): void {
  encodedTensors.set(tensor, encoded);
}

/**
 * Encodes a tensor with pauses, so that `encodeTensor` finds the form in which it travels.
 * @param step in place of that of its encoding
 */
export function* encodeAhead(tensor: Tensor, step?: number): Resumable<void> {
  rememberEncoded(tensor, yield* encodeSteps(tensor.values, tensor.encoding, step));
}

/** A tensor as it travels. One that came travels on as it came: rounding it once more would change it. */
export function encodeTensor(tensor: Tensor): EncodedTensor {
  const known = tensor.form ?? encodedTensors.get(tensor);
  if (known) return known;
  const encoded = encodeValues(tensor.values, tensor.encoding);
  encodedTensors.set(tensor, encoded);
  return encoded;
}

/** Runs a decoder inside a schema: its error becomes an issue of the field. */
export function attempt<T>(decode: () => T, context: z.RefinementCtx, path: string[] = []): T {
  try {
    return decode();
  } catch (error) {
    context.addIssue({
      code: 'custom',
      path,
      message: messageOf(error),
    });
    return z.NEVER;
  }
}

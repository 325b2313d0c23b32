import { z } from 'zod';
import { parseTask } from '../task';
import { anyNumber, bytes, type EncodedTensor, encodeValues, floats, tensorSchema } from './encodings';
import {
  type Body,
  type Grant,
  type MessageType,
  type ParameterChange,
  rejectionReasons,
  type Tensor,
} from './messages';
import { decodePlan, decodeSegments, encodePlan, encodeSegments } from './plan-code';

const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const hex16 = z.string().regex(/^[0-9a-f]{16}$/, '16 lowercase hex digits wanted');
const modelKey = z.string().regex(/^([0-9a-f]{16})?$/, '16 lowercase hex digits wanted');
const shortText = z.string().max(128);

const entry = z.union([z.tuple([count]), z.tuple([count, bytes])]);
const plan = z
  .object({ microBatch: count.min(1).max(1024), entries: z.array(entry).max(1024) })
  .transform((encoded, context) => attempt(() => decodePlan(encoded), context));

/** Importance scores that is not understood is no reason to pass over the task: gateways do without. */
const importance = z
  .object({
    version: count,
    norms: bytes.optional(),
    gradients: bytes.optional(),
    gains: z
      .array(z.object({ tensor: count, gains: z.array(z.number().finite()).min(1).max(8) }))
      .max(1024)
      .optional(),
  })
  .optional()
  .catch(undefined);

const modelVersion = { lineage: hex16, version: count };

/** Numbers on segments: a patch, a catch-up. */
const change = { segments: bytes, delta: tensorSchema };
function withSegments<T extends { segments: Uint8Array; delta: Tensor }>(
  encoded: T,
  context: z.RefinementCtx,
) {
  const { segments, delta } = encoded;
  return {
    ...encoded,
    segments: attempt(() => decodeSegments(segments, delta.values.length), context, ['segments']),
  };
}

/** One schema a type. What a schema does not name is dropped: a newer sender may say more. */
const schemas: { readonly [Type in MessageType]: z.ZodType<Extract<Body, { type: Type }>> } = {
  hello: z.object({
    type: z.literal('hello'),
    budgetBytes: count,
    instance: shortText.min(1),
    software: shortText,
    modelKey,
  }),
  presence: z.object({ type: z.literal('presence'), online: z.boolean() }),
  claim: z.object({
    type: z.literal('claim'),
    instance: shortText.min(1),
    since: count,
    active: z.boolean(),
  }),
  task: z.object({
    type: z.literal('task'),
    // A task is strict where messages are lenient: a setting that is not understood must not be ignored.
    task: z.unknown().transform((value, context) => attempt(() => parseTask(value), context)),
    modelKey,
    lineage: hex16,
    importance,
  }),
  head: z.object({
    type: z.literal('head'),
    ...modelVersion,
    modelKey,
    accuracy: z.number().min(0).max(1).optional(),
  }),
  patch: z.object({ type: z.literal('patch'), ...modelVersion, ...change }).transform(withSegments),
  snapshot: z
    .object({ type: z.literal('snapshot'), ...modelVersion, modelKey, parameters: floats, average: floats })
    .refine((snapshot) => snapshot.average.length === snapshot.parameters.length, {
      path: ['average'],
      error: 'as many values as in parameters wanted',
    }),
  sync: z.object({
    type: z.literal('sync'),
    lineage: z.union([hex16, z.literal('')]),
    version: z.number().int().min(-1),
  }),
  ready: z.object({
    type: z.literal('ready'),
    lineage: hex16,
    ready: z.boolean(),
    follows: z.boolean(),
    anchorId: modelKey,
  }),
  grant: z.object({
    type: z.literal('grant'),
    ...modelVersion,
    id: hex16,
    catchUp: z.object(change).transform(withSegments).optional(),
    anchor: z.object({ id: hex16, fromSeed: z.object(change).transform(withSegments).optional() }).optional(),
  }),
  update: z.object({
    type: z.literal('update'),
    id: hex16,
    lineage: hex16,
    baseVersion: count,
    plan,
    delta: tensorSchema,
    samples: count,
    steps: count,
    variance: anyNumber,
    lossBefore: anyNumber,
    lossAfter: anyNumber,
    durationMs: anyNumber,
    peakBytes: count,
  }),
  ack: z.object({
    type: z.literal('ack'),
    id: hex16,
    status: z.enum(['accepted', 'duplicate', 'rejected']),
    reason: z.enum(rejectionReasons).optional(),
    detail: z.string().max(1024).optional(),
    version: count,
  }),
  chunk: z.object({
    type: z.literal('chunk'),
    id: hex16,
    index: count,
    count: count.min(1),
    bytes,
  }),
};

export function isMessageType(value: unknown): value is MessageType {
  return typeof value === 'string' && Object.hasOwn(schemas, value);
}

/** Checks a decoded body of a known type. The error names the field, what came and what was wanted. */
export function parseBody(
  type: MessageType,
  value: unknown,
): { ok: true; body: Body } | { ok: false; field: string; problem: string } {
  const result = (schemas[type] as z.ZodType<Body>).safeParse(value);
  if (result.success) return { ok: true, body: result.data };
  const issue = result.error.issues[0];
  return { ok: false, field: issue?.path.join('.') ?? '', problem: issue?.message ?? 'not understood' };
}

/** The body's fields as they travel. */
export function bodyFields(body: Body): Record<string, unknown> {
  switch (body.type) {
    case 'task':
      // Plain data without undefined values, whatever object it came as.
      return { ...body, task: JSON.parse(JSON.stringify(body.task)) };
    case 'patch':
      return { ...body, ...encodeChange(body) };
    case 'grant':
      return { ...body, ...encodeGrant(body) };
    case 'update':
      return { ...body, plan: encodePlan(body.plan), delta: encodeTensor(body.delta) };
    default:
      return { ...body };
  }
}

function encodeGrant({ catchUp, anchor }: Grant) {
  const from = anchor?.fromSeed;
  return {
    ...(catchUp && { catchUp: encodeChange(catchUp) }),
    ...(anchor && { anchor: { id: anchor.id, ...(from && { fromSeed: encodeChange(from) }) } }),
  };
}

type EncodedChange = { readonly segments: Uint8Array; readonly delta: EncodedTensor };
/** Many gateways are granted rounds from the same version: what half a million values become is made once. */
const encodedChanges = new WeakMap<ParameterChange, EncodedChange>();

function encodeChange(change: ParameterChange): EncodedChange {
  const known = encodedChanges.get(change);
  if (known) return known;
  const encoded = { segments: encodeSegments(change.segments), delta: encodeTensor(change.delta) };
  encodedChanges.set(change, encoded);
  return encoded;
}

/** A patch is encoded to be sent and once more to be counted: its rounding takes as long as all else. */
const encodedTensors = new WeakMap<Tensor, EncodedTensor>();

/** The form in which a tensor will travel, for who has made it already, in its own time. */
export function rememberEncoded(tensor: Tensor, encoded: EncodedTensor): void {
  encodedTensors.set(tensor, encoded);
}

function encodeTensor(tensor: Tensor): EncodedTensor {
  const known = encodedTensors.get(tensor);
  if (known) return known;
  const encoded = encodeValues(tensor.values, tensor.encoding);
  encodedTensors.set(tensor, encoded);
  return encoded;
}

/** Runs a decoder of ours inside a schema: what it throws becomes an issue of the field. */
function attempt<T>(decode: () => T, context: z.RefinementCtx, path: string[] = []): T {
  try {
    return decode();
  } catch (error) {
    context.addIssue({
      code: 'custom',
      path,
      message: error instanceof Error ? error.message : String(error),
    });
    return z.NEVER;
  }
}

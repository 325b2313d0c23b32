import { z } from 'zod';
import { packSegments, type Segment, segmentsSize, unpackSegments } from '../../model';
import { eachRecord, frameInSteps, type Resumable } from '../../platform';
import { encodeTensor, readTensor, type Tensor } from '../../wire';
import { decodeContainer, encodeContainer } from './array-container';
import { tensorFields, tensorOf } from './tensor-fields';

/** `FTTETR` and the version of the format. */
const magic = 'FTTETR01';

const headerSchema = z.object({
  lineage: z.string(),
  version: z.number().int().min(0),
  /** The encoding of a change, and its numbers. Absent: the record holds all parameters. */
  change: z.looseObject({}).optional(),
});

/** The step by which a version follows from the one before it. */
export interface TrailStep {
  readonly from: number;
  /** Published parameters of `from`, `[size]`. */
  readonly before: Float32Array;
  readonly to: number;
  /** The change that was added to them, as gateways receive it. */
  readonly change: { readonly segments: readonly Segment[]; readonly delta: Tensor };
}

/** A version in the trail: its published parameters, or what was added to those of the record before. */
export interface TrailEntry {
  readonly lineage: string;
  readonly version: number;
  readonly parameters?: Float32Array;
  readonly change?: { readonly segments: readonly Segment[]; readonly values: Float32Array };
}

/** All parameters of a version, in parts, which are views. */
export function encodeWhole(
  lineage: string,
  version: number,
  parameters: Float32Array,
): Resumable<Uint8Array[]> {
  const arrays = new Map([['parameters', parameters]]);
  return frameInSteps(magic, encodeContainer({ header: { lineage, version }, arrays }));
}

/** The change that made a version, in parts, which are views. */
export function encodeStep(lineage: string, { to, change }: TrailStep): Resumable<Uint8Array[]> {
  const { fields, arrays } = tensorFields(encodeTensor(change.delta));
  arrays.set('segments', packSegments(change.segments));
  return frameInSteps(magic, encodeContainer({ header: { lineage, version: to, change: fields }, arrays }));
}

/**
 * The entries of a file, in order, with pauses: a coarse change of a large model takes milliseconds, and a file has many.
 * None if a record is damaged, because those after it have nothing to be added to.
 */
export function* decodeTrail(bytes: Uint8Array): Resumable<TrailEntry[]> {
  const entries: TrailEntry[] = [];
  const records = eachRecord(magic, bytes);
  for (;;) {
    const { done, value } = records.next();
    if (done) return value.damaged > 0 ? [] : entries;
    const entry = yield* decodeEntry(value);
    if (!entry) return [];
    entries.push(entry);
    yield;
  }
}

function* decodeEntry(body: Uint8Array): Resumable<TrailEntry | undefined> {
  try {
    const { header, arrays } = decodeContainer(body);
    const { lineage, version, change } = headerSchema.parse(header);
    if (!change) {
      const parameters = arrays.get('parameters');
      return parameters instanceof Float32Array ? { lineage, version, parameters } : undefined;
    }
    const packed = arrays.get('segments');
    const segments = packed instanceof Uint8Array ? unpackSegments(packed, Infinity) : undefined;
    const tensor = tensorOf(change, arrays);
    yield* readTensor(tensor);
    const { values } = tensor;
    if (segments === undefined || segmentsSize(segments) !== values.length) return undefined;
    return { lineage, version, change: { segments, values } };
  } catch {
    // The checksum is correct, so this is a record of another format.
    return undefined;
  }
}

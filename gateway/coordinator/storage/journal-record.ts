import { z } from 'zod';
import { crc32, type EarlierRecord, findRecords, frameRecord, type Resumable, runSync } from '../../platform';
import { type EncodedTensor, readTensor } from '../../wire';
import type { Contribution } from '../aggregation/contribution';
import { decodeContainer, encodeContainer } from './array-container';
import { tensorFields, tensorOf } from './tensor-fields';

/** `FTTEJR` and the version of the format. */
const magic = 'FTTEJR02';
/** Bytes of the head in the earlier format, which had no magic: u32 length and u32 CRC-32 of the body. */
const plainHeadBytes = 8;

const headerSchema = z.object({
  lineage: z.string(),
  sequence: z.number().int().min(0),
  id: z.string(),
  gateway: z.string(),
  /** Absent if the update had none. */
  counter: z.number().optional(),
  baseVersion: z.number().int(),
  samples: z.number(),
  steps: z.number(),
  variance: z.number(),
  bytes: z.number(),
  /** Absent if the update has no masks. */
  masks: z.object({ epoch: z.string(), setup: z.string() }).optional(),
  /** Absent in records of earlier packages. */
  lossBefore: z.number().optional(),
  lossAfter: z.number().optional(),
  segments: z.array(z.tuple([z.number().int().min(0), z.number().int().min(1)])),
  /**
   * The encoding of the delta, and its numbers. Absent in the earlier format, in which the delta is an array of float32
   * values.
   */
  delta: z.looseObject({}).optional(),
});

/** A contribution and its lineage. */
export interface JournalEntry {
  readonly lineage: string;
  readonly contribution: Contribution;
  /** The delta as it came, which takes a quarter of the space. Absent: its values are written. */
  readonly form?: EncodedTensor | undefined;
}

/** The records of a journal's file. */
export interface DecodedJournal {
  readonly entries: readonly JournalEntry[];
  /** Bytes at the end of an append that was interrupted. */
  readonly torn: number;
  /** Records that have changed on disk. */
  readonly damaged: number;
  /** Whole records whose magic or length has changed on disk. */
  readonly repaired: number;
}

/**
 * One record in parts. Its body is a container with the arrays of the encoded delta. The parts are views: the delta must
 * not change until they are written.
 */
export function encodeRecord({ lineage, contribution, form }: JournalEntry): Uint8Array[] {
  const { delta: values, segments, ...rest } = contribution;
  const { fields: delta, arrays } = tensorFields(form ?? { encoding: 'float32', values });
  const runs = segments.map(({ offset, length }) => [offset, length]);
  const header = { lineage, ...rest, segments: runs, delta };
  return frameRecord(magic, encodeContainer({ header, arrays }));
}

/** Reads the records of a file. One that is damaged is counted, and those after it are read. */
export function decodeRecords(bytes: Uint8Array): DecodedJournal {
  return runSync(decodeRecordsInSteps(bytes));
}

/** As `decodeRecords`, with pauses: the range coder takes long. */
export function* decodeRecordsInSteps(bytes: Uint8Array): Resumable<DecodedJournal> {
  const { bodies, torn, damaged, repaired } = findRecords(magic, bytes, plainRecord);
  const entries: JournalEntry[] = [];
  for (const body of bodies) {
    yield;
    const entry = yield* decodeRecord(body);
    if (entry) entries.push(entry);
  }
  return { entries, torn, damaged: damaged + bodies.length - entries.length, repaired };
}

const plainRecord: EarlierRecord = (bytes, at) => {
  const from = at + plainHeadBytes;
  if (from > bytes.length) return undefined;
  const end = from + bytes.readUInt32LE(at);
  const body = bytes.subarray(from, end);
  return end <= bytes.length && body.length > 0 && crc32(body) === bytes.readUInt32LE(at + 4)
    ? { body, end }
    : undefined;
};

function* decodeRecord(body: Uint8Array): Resumable<JournalEntry | undefined> {
  try {
    const { header, arrays } = decodeContainer(body);
    const { lineage, segments, delta: fields, ...rest } = headerSchema.parse(header);
    const tensor = fields && tensorOf(fields, arrays);
    if (tensor) yield* readTensor(tensor);
    const delta = tensor ? tensor.values : arrays.get('delta');
    if (!(delta instanceof Float32Array)) return undefined;
    const runs = segments.map(([offset, length]) => ({ offset, length }));
    return { lineage, contribution: { ...rest, segments: runs, delta } };
  } catch {
    // The checksum is correct, so this is a record of another format, which cannot be used.
    return undefined;
  }
}

import { z } from 'zod';
import { type EncodedTensor, tensorSchema } from '../../wire';
import type { Contribution } from '../aggregation/contribution';
import { decodeContainer, encodeContainer, type StoredArray } from './array-container';
import { crc32 } from './crc32';

/** `FTTEJR` and the version of the format. */
const magic = Buffer.from('FTTEJR02', 'latin1');
/** The magic, u32 length of the body, u32 CRC-32 of the body. */
const headBytes = magic.length + 8;
/** Bytes of the head in the earlier format, which had no magic. */
const plainHeadBytes = 8;

const headerSchema = z.object({
  lineage: z.string(),
  sequence: z.number().int().min(0),
  id: z.string(),
  gateway: z.string(),
  baseVersion: z.number().int(),
  samples: z.number(),
  steps: z.number(),
  variance: z.number(),
  bytes: z.number(),
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

/**
 * One record, in parts: magic, u32 length of the body, u32 CRC-32 of the body, the body. The body is a container with
 * the arrays of the encoded delta. The parts are views: the delta must not change until they are written.
 */
export function encodeRecord({ lineage, contribution, form }: JournalEntry): Uint8Array[] {
  const { delta: values, segments, ...rest } = contribution;
  const encoded = Object.entries(form ?? ({ encoding: 'float32', values } satisfies EncodedTensor));
  const delta = Object.fromEntries(encoded.filter(([, field]) => !ArrayBuffer.isView(field)));
  const header = {
    lineage,
    ...rest,
    segments: segments.map(({ offset, length }) => [offset, length]),
    delta,
  };
  const arrays = new Map(
    encoded.filter((field): field is [string, StoredArray] => ArrayBuffer.isView(field[1])),
  );
  const body = encodeContainer({ header, arrays });
  const head = Buffer.alloc(headBytes);
  magic.copy(head);
  head.writeUInt32LE(
    body.reduce((sum, part) => sum + part.length, 0),
    magic.length,
  );
  head.writeUInt32LE(
    body.reduce((crc, part) => crc32(part, crc), 0),
    magic.length + 4,
  );
  return [head, ...body];
}

/**
 * Reads records up to the end or up to the first incomplete one, which a crash during an append leaves.
 * @returns the records, and the number of bytes at the end that are not records
 */
export function decodeRecords(bytes: Uint8Array): { entries: JournalEntry[]; torn: number } {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: JournalEntry[] = [];
  let at = 0;
  for (;;) {
    // A length with the bytes of the magic would be more than a gigabyte.
    const isPlain = !buffer.subarray(at, at + magic.length).equals(magic);
    const from = at + (isPlain ? plainHeadBytes : headBytes);
    if (from > buffer.length) break;
    const end = from + buffer.readUInt32LE(from - 8);
    if (end > buffer.length) break;
    const entry = decodeRecord(buffer.subarray(from, end), buffer.readUInt32LE(from - 4));
    if (!entry) break;
    entries.push(entry);
    at = end;
  }
  return { entries, torn: buffer.length - at };
}

function decodeRecord(body: Uint8Array, checkSum: number): JournalEntry | undefined {
  if (crc32(body) !== checkSum) return undefined;
  try {
    const { header, arrays } = decodeContainer(body);
    const { lineage, segments, delta: fields, ...rest } = headerSchema.parse(header);
    const delta = fields
      ? tensorSchema.parse({ ...fields, ...Object.fromEntries(arrays) }).values
      : arrays.get('delta');
    if (!(delta instanceof Float32Array)) return undefined;
    const runs = segments.map(([offset, length]) => ({ offset, length }));
    return { lineage, contribution: { ...rest, segments: runs, delta } };
  } catch {
    // The checksum is correct, so this is a record of another format, which cannot be used.
    return undefined;
  }
}

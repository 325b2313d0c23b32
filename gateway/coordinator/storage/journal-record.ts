import { z } from 'zod';
import type { Contribution } from '../aggregation/contribution';
import { decodeContainer, encodeContainer } from './array-container';
import { crc32 } from './crc32';

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
});

/** A contribution and the lineage it belongs to. */
export interface JournalEntry {
  readonly lineage: string;
  readonly contribution: Contribution;
}

/** One record, in parts: u32 length of the body, u32 CRC-32 of the body, the body. */
export function encodeRecord({ lineage, contribution }: JournalEntry): Uint8Array[] {
  const { delta, segments, ...rest } = contribution;
  const header = { lineage, ...rest, segments: segments.map(({ offset, length }) => [offset, length]) };
  const body = encodeContainer({ header, arrays: new Map([['delta', delta]]) });
  const head = Buffer.alloc(8);
  head.writeUInt32LE(
    body.reduce((sum, part) => sum + part.length, 0),
    0,
  );
  head.writeUInt32LE(
    body.reduce((crc, part) => crc32(part, crc), 0),
    4,
  );
  return [head, ...body];
}

/**
 * Reads records until the end or the first that is not whole: what a crash in the middle of an append leaves.
 * @returns the records, and how many bytes at the end were none
 */
export function decodeRecords(bytes: Uint8Array): { entries: JournalEntry[]; torn: number } {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: JournalEntry[] = [];
  let at = 0;
  while (at + 8 <= buffer.length) {
    const end = at + 8 + buffer.readUInt32LE(at);
    if (end > buffer.length) break;
    const entry = decodeRecord(buffer.subarray(at + 8, end), buffer.readUInt32LE(at + 4));
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
    const { lineage, segments, ...rest } = headerSchema.parse(header);
    const delta = arrays.get('delta');
    if (!delta) return undefined;
    const runs = segments.map(([offset, length]) => ({ offset, length }));
    return { lineage, contribution: { ...rest, segments: runs, delta } };
  } catch {
    // The check sum held, so this is a record of another form: not one that can be used.
    return undefined;
  }
}

import { z } from 'zod';
import {
  bytesOfFloats,
  floatsOfBytes,
  frameRecord,
  type StorageCipher,
  sealOverheadBytes,
} from '../../platform';
import type { Task } from '../../task';
import type { StoredSample, StoreHeader } from './store-content';

/** `FTTESMP` and the version of the format. */
export const sampleMagic = 'FTTESMP2';
/** The same in encrypted form: the body of each record is sealed. */
export const sealedSampleMagic = 'FTTESMP3';

/** The first byte of a record's body. */
const kinds = { header: 1, sample: 2, dropped: 3 } as const;
const idBytes = 6;
/** Kind, a byte 0, u16 label, u48 number, u48 number of the sample that it replaces (0: none), u32 samples seen. */
const sampleHeadBytes = 4 + 2 * idBytes + 4;
const mostSeen = 2 ** 32 - 1;

/** Bytes of a record with a window of this many values. */
export const sampleRecordBytes = (values: number, cipher: StorageCipher | undefined) =>
  16 + sampleHeadBytes + 4 * values + (cipher ? sealOverheadBytes : 0);

/** One event of a sample store. */
export type SampleRecord =
  | { readonly kind: 'header'; readonly header: StoreHeader }
  | {
      readonly kind: 'sample';
      readonly sample: StoredSample;
      /** Number of the sample that it replaces; 0 if none. */
      readonly replaced: number;
      /** Samples of its label that came so far. */
      readonly seen: number;
    }
  | { readonly kind: 'dropped'; readonly ids: readonly number[] };

const whole = z.number().int().min(0);
/** The fields that reading depends on. The caller compares the kind of windows with the task's. */
const headerSchema = z.object({
  input: z.looseObject({ length: whole, channels: z.array(z.looseObject({ name: z.string() })) }),
  rows: whole,
  labels: z.array(z.string()),
});

/** The record of the kind of windows and of the labels. */
export function headerRecord(
  { input, rows, labels }: StoreHeader,
  cipher: StorageCipher | undefined,
): Uint8Array[] {
  const json = Buffer.from(JSON.stringify({ input, rows, labels }));
  return framed([Buffer.of(kinds.header), json], cipher);
}

/** The record of a sample that is kept. It has a view of the window, which is never changed. */
export function sampleRecord(
  { id, label, window }: StoredSample,
  seen: number,
  replaced: number,
  cipher: StorageCipher | undefined,
): Uint8Array[] {
  const head = Buffer.alloc(sampleHeadBytes);
  head.writeUInt8(kinds.sample, 0);
  head.writeUInt16LE(label, 2);
  head.writeUIntLE(id, 4, idBytes);
  head.writeUIntLE(replaced, 4 + idBytes, idBytes);
  head.writeUInt32LE(Math.min(mostSeen, seen), 4 + 2 * idBytes);
  return framed([head, bytesOfFloats(window)], cipher);
}

/** The record of samples that made room. */
export function droppedRecord(ids: readonly number[], cipher: StorageCipher | undefined): Uint8Array[] {
  const body = Buffer.alloc(1 + idBytes * ids.length);
  body.writeUInt8(kinds.dropped, 0);
  ids.forEach((id, i) => {
    body.writeUIntLE(id, 1 + idBytes * i, idBytes);
  });
  return framed([body], cipher);
}

const framed = (body: readonly Uint8Array[], cipher: StorageCipher | undefined): Uint8Array[] =>
  cipher ? frameRecord(sealedSampleMagic, cipher.seal(body)) : frameRecord(sampleMagic, body);

/** The event of a record; undefined if the body is of another format. */
export function readSampleRecord(body: Buffer): SampleRecord | undefined {
  if (body[0] === kinds.header) return readHeader(body.subarray(1));
  if (body[0] === kinds.sample && body.length >= sampleHeadBytes) {
    const sample = {
      id: body.readUIntLE(4, idBytes),
      label: body.readUInt16LE(2),
      window: floatsOfBytes(body.subarray(sampleHeadBytes)),
    };
    const replaced = body.readUIntLE(4 + idBytes, idBytes);
    return { kind: 'sample', sample, replaced, seen: body.readUInt32LE(4 + 2 * idBytes) };
  }
  if (body[0] !== kinds.dropped || (body.length - 1) % idBytes > 0) return undefined;
  const count = (body.length - 1) / idBytes;
  const ids = Array.from({ length: count }, (_, i) => body.readUIntLE(1 + idBytes * i, idBytes));
  return { kind: 'dropped', ids };
}

function readHeader(json: Buffer): SampleRecord | undefined {
  try {
    const { input, rows, labels } = headerSchema.parse(JSON.parse(json.toString('utf8')));
    return { kind: 'header', header: { input: input as unknown as Task['input'], rows, labels } };
  } catch {
    return undefined;
  }
}

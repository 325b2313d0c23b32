import { type Resumable, runSync, stepNumbers } from '../concurrency/resumable';
import { crc32 } from './crc32';

/** Bytes whose CRC is computed between two pauses. */
const stepBytes = 8 * stepNumbers;

/** Bytes of a magic: the kind of record and the version of its format. */
const magicBytes = 8;
/** The magic, u32 length of the body, u32 CRC-32 of the body. */
const headBytes = magicBytes + 8;
/** Most ends that are tried for a record whose length is damaged. */
const mostEnds = 16;
/** A file that grew without its data, before the power failed, ends in at least a sector of zeros. */
const sectorBytes = 512;

/** The condition of a file of records. */
export interface RecordsCondition {
  /** Bytes at the end from an append that was interrupted. */
  readonly torn: number;
  /** Records that have changed on disk, each of them or several in a row counted as one. */
  readonly damaged: number;
  /** Whole records whose magic or length has changed on disk. */
  readonly repaired: number;
}

/** The content of a file of records. */
export interface FoundRecords extends RecordsCondition {
  /** Bodies of whole records, in order. */
  readonly bodies: readonly Buffer[];
}

/** A record in an earlier format at a place, if there is one. */
export type EarlierRecord = (bytes: Buffer, at: number) => Found | undefined;

interface Found {
  readonly body: Buffer;
  /** The place of the next record. */
  readonly end: number;
}

/**
 * One record in parts: magic, u32 length of the body, u32 CRC-32 of the body, the body.
 * @param magic eight characters
 */
export function frameRecord(magic: string, body: readonly Uint8Array[]): Uint8Array[] {
  return runSync(frameInSteps(magic, body));
}

/** The same, with pauses, for a body that is large. */
export function* frameInSteps(magic: string, body: readonly Uint8Array[]): Resumable<Uint8Array[]> {
  let length = 0;
  let crc = 0;
  for (const part of body) {
    length += part.length;
    for (let from = 0; from < part.length; from += stepBytes) {
      const piece = part.subarray(from, from + stepBytes);
      crc = crc32(piece, crc);
      if (piece.length === stepBytes) yield;
    }
  }
  const head = Buffer.alloc(headBytes);
  head.write(magic, 'latin1');
  head.writeUInt32LE(length, magicBytes);
  head.writeUInt32LE(crc, magicBytes + 4);
  return [head, ...body];
}

/**
 * Finds the records of a file that was appended to, one at a time. A damaged record is skipped, and those after it are
 * read. One whose magic or length alone is damaged is still whole.
 * @param earlier finds records in an earlier format, which have no magic
 */
export function* eachRecord(
  magic: string,
  bytes: Uint8Array,
  earlier: EarlierRecord = () => undefined,
): Generator<Buffer, RecordsCondition> {
  const reader = new RecordReader(
    Buffer.from(magic, 'latin1'),
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  );
  let damaged = 0;
  let repaired = 0;
  let at = 0;
  while (at < bytes.length) {
    const whole = reader.recordAt(at) ?? earlier(reader.bytes, at);
    const found = whole ?? reader.repairedAt(at);
    if (found) {
      if (!whole) repaired++;
      yield found.body;
      at = found.end;
      continue;
    }
    const next = reader.nextAfter(at);
    if (next === undefined && reader.isTornAt(at)) return { torn: bytes.length - at, damaged, repaired };
    damaged++;
    at = next ?? bytes.length;
  }
  return { torn: 0, damaged, repaired };
}

/** All records of `eachRecord`. */
export function findRecords(magic: string, bytes: Uint8Array, earlier?: EarlierRecord): FoundRecords {
  const bodies: Buffer[] = [];
  const records = eachRecord(magic, bytes, earlier);
  for (;;) {
    const { done, value } = records.next();
    if (done) return { bodies, ...value };
    bodies.push(value);
  }
}

class RecordReader {
  constructor(
    private readonly magic: Buffer,
    readonly bytes: Buffer,
  ) {}

  /** The record that begins here, if it is whole. */
  recordAt(at: number): Found | undefined {
    if (!this.isMagicAt(at)) return undefined;
    const end = this.endOf(at);
    return end === undefined ? undefined : this.bodyOf(at, end);
  }

  /** The record that begins here if only its magic, or only its length, has changed. */
  repairedAt(at: number): Found | undefined {
    if (at + headBytes > this.bytes.length) return undefined;
    if (!this.isMagicAt(at)) {
      const end = this.endOf(at);
      // Zeros would be a record without a body.
      return end === undefined || end === at + headBytes ? undefined : this.bodyOf(at, end);
    }
    let end: number | undefined = at + headBytes;
    for (let tries = 0; tries < mostEnds && end !== this.bytes.length; tries++) {
      end = this.magicFrom(end) ?? this.bytes.length;
      const found = this.bodyOf(at, end);
      if (found) return found;
      end = Math.min(this.bytes.length, end + 1);
    }
    return undefined;
  }

  /**
   * The place of the next record after one that is damaged. The length of the damaged record is trusted first: its body
   * came from outside, and may hold bytes that look like a record.
   */
  nextAfter(at: number): number | undefined {
    const end = this.isMagicAt(at) ? this.endOf(at) : undefined;
    if (end !== undefined && (this.isMagicAt(end) || end === this.bytes.length)) {
      return end === this.bytes.length ? undefined : end;
    }
    for (let next = this.magicFrom(at + 1); next !== undefined; next = this.magicFrom(next + 1)) {
      if (this.recordAt(next)) return next;
    }
    return undefined;
  }

  /** Whether the rest from here is the beginning of a record whose append was interrupted. */
  isTornAt(at: number): boolean {
    const rest = this.bytes.subarray(at);
    if (rest.length < headBytes || rest.subarray(-sectorBytes).every((byte) => byte === 0)) return true;
    return this.isMagicAt(at) && this.endOf(at) === undefined;
  }

  private isMagicAt(at: number): boolean {
    return this.bytes.subarray(at, at + magicBytes).equals(this.magic);
  }

  private magicFrom(at: number): number | undefined {
    const found = this.bytes.indexOf(this.magic, at);
    return found < 0 ? undefined : found;
  }

  /** The end of the record that begins here by its length; undefined if it lies after the end of the file. */
  private endOf(at: number): number | undefined {
    if (at + headBytes > this.bytes.length) return undefined;
    const end = at + headBytes + this.bytes.readUInt32LE(at + magicBytes);
    return end > this.bytes.length ? undefined : end;
  }

  private bodyOf(at: number, end: number): Found | undefined {
    const body = this.bytes.subarray(at + headBytes, end);
    return crc32(body) === this.bytes.readUInt32LE(at + magicBytes + 4) ? { body, end } : undefined;
  }
}

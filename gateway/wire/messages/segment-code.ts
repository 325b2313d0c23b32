import type { Segment } from '../../model';
import { readVarint, writeVarint } from './varint';

/** Segments of one change: a byte becomes an object, so they are counted before the first is made. */
export const maxSegments = 262_144;

/**
 * Ascending segments as bytes: for each, twice the gap since the end of the one before, plus 1 if it is as long as that one;
 * if not, its length follows. Numbers are unsigned LEB128 (seven bits a byte, the lowest first, the high bit set on all but
 * the last). The slices of a kernel's channels have one length.
 */
export function encodeSegments(segments: readonly Segment[]): Uint8Array {
  const bytes: number[] = [];
  let end = 0;
  let before = 0;
  for (const { offset, length } of segments) {
    if (offset < end) throw new Error(`segment at ${offset} begins before the one before it ends at ${end}`);
    writeVarint(bytes, 2 * (offset - end) + (length === before ? 1 : 0));
    if (length !== before) writeVarint(bytes, length);
    before = length;
    end = offset + length;
  }
  return Uint8Array.from(bytes);
}

/**
 * Goes over the bytes twice: what is refused is refused before anything is made of it.
 * @param size elements that all segments together must have
 * @throws Error saying what is wrong, for a person
 */
export function decodeSegments(bytes: Uint8Array, size: number): Segment[] {
  const count = checkSegments(bytes, size);
  const segments = new Array<Segment>(count);
  eachSegment(bytes, (offset, length, i) => {
    segments[i] = { offset, length };
  });
  return segments;
}

/** Segments in these bytes, which are all right. @throws Error as `decodeSegments` */
function checkSegments(bytes: Uint8Array, size: number): number {
  let total = 0;
  const count = eachSegment(bytes, (offset, length, i) => {
    total += length;
    if (length === 0) throw new Error(`segment ${i} is empty`);
    if (total > size) throw new Error(`segments cover more than the ${size} values that came`);
    if (offset + length > 0xffffffff) throw new Error(`segment ${i} ends beyond 2^32`);
    if (i >= maxSegments) throw new Error(`more than ${maxSegments} segments`);
  });
  if (total !== size) throw new Error(`segments cover ${total} elements, ${size} values came`);
  return count;
}

/** Calls `take` for each segment and says how many there were; holds none of them. */
function eachSegment(bytes: Uint8Array, take: (offset: number, length: number, i: number) => void): number {
  const reading = { bytes, at: 0 };
  let end = 0;
  let count = 0;
  let length = 0;
  while (reading.at < bytes.length) {
    const head = readVarint(reading);
    const offset = end + Math.floor(head / 2);
    // As long as one that is not there is refused as empty.
    if (head % 2 === 0) length = readVarint(reading);
    take(offset, length, count++);
    end = offset + length;
  }
  return count;
}

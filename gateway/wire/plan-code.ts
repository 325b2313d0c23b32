import type { Plan, PlanEntry, Segment } from '../model';

/** `[tensor]` or `[tensor, mask]`: bit `c % 8` of byte `c >> 3` is set where input channel c is trained. */
export type EncodedEntry = readonly [number] | readonly [number, Uint8Array];
export interface EncodedPlan {
  readonly microBatch: number;
  readonly entries: readonly EncodedEntry[];
}

/** Bytes of channel masks in one plan: one byte becomes up to eight numbers. */
export const maxMaskBytes = 65_536;

/** Segments of one change: two bytes become an object, so they are counted before the first is made. */
export const maxSegments = 262_144;

export function encodePlan(plan: Plan): EncodedPlan {
  return {
    microBatch: plan.microBatch,
    entries: plan.entries.map(({ tensor, channels }) => (channels ? [tensor, mask(channels)] : [tensor])),
  };
}

/** @throws Error saying what is wrong, for a person */
export function decodePlan(encoded: EncodedPlan): Plan {
  let bytes = 0;
  const entries = encoded.entries.map(([tensor, bits], i): PlanEntry => {
    const before = encoded.entries[i - 1]?.[0];
    if (before !== undefined && tensor <= before)
      throw new Error(`entries name tensor ${tensor} after ${before}; they must ascend`);
    if (!bits) return { tensor };
    bytes += bits.length;
    if (bytes > maxMaskBytes)
      throw new Error(`entries hold more than ${maxMaskBytes} bytes of channel masks`);
    return { tensor, channels: channelsOf(bits) };
  });
  return { entries, microBatch: encoded.microBatch };
}

function mask(channels: readonly number[]): Uint8Array {
  const bits = new Uint8Array(((channels[channels.length - 1] ?? -1) >> 3) + 1);
  for (const channel of channels) bits[channel >> 3]! |= 1 << (channel & 7);
  return bits;
}

function channelsOf(bits: Uint8Array): number[] {
  const channels: number[] = [];
  for (let channel = 0; channel < bits.length * 8; channel++)
    if (bits[channel >> 3]! & (1 << (channel & 7))) channels.push(channel);
  return channels;
}

/**
 * Ascending segments as bytes: for each, the gap since the end of the one before, and the length, both as unsigned
 * LEB128 (seven bits a byte, the lowest first, the high bit set on all but the last).
 */
export function encodeSegments(segments: readonly Segment[]): Uint8Array {
  const bytes: number[] = [];
  let end = 0;
  for (const { offset, length } of segments) {
    if (offset < end) throw new Error(`segment at ${offset} begins before the one before it ends at ${end}`);
    pushVarint(bytes, offset - end);
    pushVarint(bytes, length);
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
  let at = 0;
  let end = 0;
  let count = 0;
  const next = () => {
    let value = 0;
    // Five bytes carry 35 bits, more than any offset; multiplication keeps them exact where shifts would not.
    for (let power = 1, i = 0; i < 5; i++, power *= 128) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error('segments end in the middle of a number');
      value += (byte & 0x7f) * power;
      if (byte < 0x80) return value;
    }
    throw new Error('segments hold a number of more than five bytes');
  };
  while (at < bytes.length) {
    const offset = end + next();
    const length = next();
    take(offset, length, count++);
    end = offset + length;
  }
  return count;
}

function pushVarint(bytes: number[], value: number): void {
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 128) | 0x80);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
}

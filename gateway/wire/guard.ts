import type { DropReason } from './drop';

/** Upper limits of a message. */
export interface WireLimits {
  readonly maxBytes: number;
  /** Maps and arrays inside each other. */
  readonly maxDepth: number;
  /** Data items in all, keys included. A typed array is one. */
  readonly maxItems: number;
}

/** The largest message here is a snapshot: twice the parameters in float32. */
export const defaultLimits: WireLimits = { maxBytes: 16 * 1024 * 1024, maxDepth: 8, maxItems: 16_384 };

/** A fault that the scan found, and the byte where it stopped. */
export interface StructureFault {
  readonly reason: DropReason;
  readonly at: number;
  readonly problem: string;
}

const sint8Tag = 72;
const float32Tag = 85;
const deepest = 64;
/** Items still to come at each depth; a map counts keys and values. */
const remaining = new Float64Array(deepest);
const isMap = new Uint8Array(deepest);

/**
 * Walks the bytes of one CBOR item once, without recursion and without allocating, and says what is wrong with its
 * structure (RFC 8949) or undefined. What passes is a single map of definite lengths that all lie inside the buffer,
 * whose keys are text or small numbers, the two typed-array tags of the protocol (RFC 8746: 72 and 85), no other tag and
 * no undefined value: a decoder cannot be led to allocate more than a small multiple of the bytes that came.
 */
export function structureFault(
  bytes: Uint8Array,
  limits: WireLimits = defaultLimits,
): StructureFault | undefined {
  const end = bytes.length;
  if (end > limits.maxBytes) return fault('oversize', 0, `${end} bytes, at most ${limits.maxBytes} are read`);
  if (end === 0) return fault('not-cbor', 0, 'empty');
  if (bytes[0]! >> 5 !== 5) return fault('not-cbor', 0, 'not a map');
  const maxDepth = Math.min(limits.maxDepth, deepest);
  let depth = 0;
  let at = 0;
  let items = 0;
  /** Bytes an element has when the item before was a tag; 0 when it was not. */
  let tagged = 0;
  for (;;) {
    const start = at;
    if (at >= end) return fault('not-cbor', at, 'ends in the middle');
    if (++items > limits.maxItems) return fault('oversize', at, `more than ${limits.maxItems} data items`);
    const head = bytes[at++]!;
    const major = head >> 5;
    const short = head & 0x1f;
    if (short > 27) return fault('not-cbor', start, short === 31 ? 'indefinite length' : 'reserved length');
    let argument = short;
    if (short >= 24) {
      const width = 1 << (short - 24);
      if (at + width > end) return fault('not-cbor', start, 'ends in the middle');
      argument = 0;
      for (let i = 0; i < width; i++) argument = argument * 256 + bytes[at++]!;
    }
    if (tagged > 0 && major !== 2) return fault('not-cbor', start, 'typed array without bytes');
    const key = depth > 0 && isMap[depth - 1] === 1 && remaining[depth - 1]! % 2 === 0;
    if (key && major !== 3 && !(major === 0 && argument < 256))
      return fault('not-cbor', start, 'key that is neither text nor a small number');
    switch (major) {
      case 0:
      case 1:
        break;
      case 2:
      case 3:
        if (argument > end - at) return fault('not-cbor', start, 'length beyond the end');
        if (tagged > 0 && argument % tagged !== 0) return fault('not-cbor', start, 'typed array cut short');
        if (key && argument > 64) return fault('not-cbor', start, 'key of more than 64 bytes');
        tagged = 0;
        at += argument;
        break;
      case 4:
      case 5: {
        const count = major === 5 ? argument * 2 : argument;
        // Every item takes a byte at least, so a count beyond the bytes left can never be satisfied.
        if (count > end - at) return fault('not-cbor', start, 'more elements than bytes');
        if (depth >= maxDepth) return fault('too-deep', start, `deeper than ${maxDepth}`);
        if (count > 0) {
          remaining[depth] = count;
          isMap[depth] = major === 5 ? 1 : 0;
          depth++;
          continue;
        }
        break;
      }
      case 6:
        if (argument !== sint8Tag && argument !== float32Tag)
          return fault('not-cbor', start, `tag ${argument}`);
        tagged = argument === float32Tag ? 4 : 1;
        continue;
      default:
        // False, true, null; float of 16, 32 and 64 bits.
        if (!((short >= 20 && short <= 22) || (short >= 25 && short <= 27)))
          return fault('not-cbor', start, 'simple value');
    }
    while (depth > 0 && --remaining[depth - 1]! === 0) depth--;
    if (depth === 0) break;
  }
  return at === end ? undefined : fault('not-cbor', at, 'bytes after the end');
}

function fault(reason: DropReason, at: number, problem: string): StructureFault {
  return { reason, at, problem };
}

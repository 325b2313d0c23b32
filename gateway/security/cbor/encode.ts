/** The values that the structures of this room are made of. Numbers are integers. */
export type CborValue = number | string | Uint8Array | readonly CborValue[] | CborMap;

/** A map with integer keys. */
export type CborMap = ReadonlyMap<number, CborValue>;

/**
 * Deterministic CBOR (RFC 8949, section 4.2.1; rule P-2): the shortest heads, and maps by the bytes of their keys. The CBOR
 * of `wire` is another: it has floats, typed arrays and text keys in any order, and its reader accepts more than one form of
 * the same value, which a signature must not.
 */
export function encodeDeterministic(value: CborValue): Uint8Array {
  const parts: Uint8Array[] = [];
  push(value, parts);
  return new Uint8Array(Buffer.concat(parts));
}

/** The head of an item: its major type, and a length or number from 0 to 2^53 - 1. */
export function cborHead(major: number, argument: number): Uint8Array {
  const top = major << 5;
  if (argument < 24) return Uint8Array.of(top | argument);
  if (argument < 0x100) return Uint8Array.of(top | 24, argument);
  if (argument < 0x10000) return Uint8Array.of(top | 25, argument >> 8, argument & 0xff);
  const wide = argument > 0xffffffff;
  const head = Buffer.alloc(wide ? 9 : 5);
  head[0] = top | (wide ? 27 : 26);
  if (wide) head.writeBigUInt64BE(BigInt(argument), 1);
  else head.writeUInt32BE(argument, 1);
  return head;
}

function push(value: CborValue, parts: Uint8Array[]): void {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new TypeError('expected a whole number of at most 2^53 - 1');
    parts.push(value < 0 ? cborHead(1, -1 - value) : cborHead(0, value));
  } else if (typeof value === 'string') {
    const bytes = Buffer.from(value);
    parts.push(cborHead(3, bytes.length), bytes);
  } else if (value instanceof Uint8Array) {
    parts.push(cborHead(2, value.length), value);
  } else if (value instanceof Map) {
    pushMap(value, parts);
  } else {
    const items = value as readonly CborValue[];
    parts.push(cborHead(4, items.length));
    for (const item of items) push(item, parts);
  }
}

function pushMap(map: CborMap, parts: Uint8Array[]): void {
  const entries = [...map].map(([key, value]) => ({ key: encodeDeterministic(key), value }));
  entries.sort((a, b) => Buffer.compare(a.key, b.key));
  parts.push(cborHead(5, entries.length));
  for (const { key, value } of entries) {
    parts.push(key);
    push(value, parts);
  }
}

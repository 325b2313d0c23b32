import { fromHalf, toHalf } from '../platform';

/** Memory that stays for the next message; one that needs more takes it for itself. */
const mostMemory = 256 * 1024;
/** Bytes of a head and its argument, at most. */
const headBytes = 9;
const [unsigned, negative, byteString, text, array, map, tag] = [0, 1, 2, 3, 4, 5, 6];
const simple = {
  false: 0xf4,
  true: 0xf5,
  null: 0xf6,
  undefined: 0xf7,
  half: 0xf9,
  single: 0xfa,
  double: 0xfb,
};

let memory: Buffer = Buffer.alloc(16 * 1024);
let at = 0;

/**
 * One CBOR item in the form that messages have (RFC 8949, section 4.2.1, but for the order of text keys): shortest heads,
 * and each number as an integer or in the shortest float that holds it. A `Map` is a map with the keys that it has, an
 * object is one with text keys, and fields that are undefined are left out.
 * @returns bytes of their own
 */
export function writeCbor(value: unknown): Uint8Array {
  at = 0;
  write(value);
  const bytes = new Uint8Array(memory.subarray(0, at));
  if (memory.length > mostMemory) memory = Buffer.alloc(mostMemory);
  return bytes;
}

function write(value: unknown): void {
  switch (typeof value) {
    case 'number':
      number(value);
      break;
    case 'string':
      words(value);
      break;
    case 'boolean':
      byte(value ? simple.true : simple.false);
      break;
    case 'object':
      if (value === null) byte(simple.null);
      else composite(value);
      break;
    case 'undefined':
      // In an array. No reader of messages takes it.
      byte(simple.undefined);
      break;
    default:
      throw new TypeError(`a ${typeof value} has no form in CBOR here`);
  }
}

function composite(value: object): void {
  if (value instanceof Float32Array) {
    head(tag, 85);
    bytes(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  } else if (value instanceof Int8Array) {
    head(tag, 72);
    bytes(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  } else if (value instanceof Uint8Array) bytes(value);
  else if (Array.isArray(value)) {
    head(array, value.length);
    for (const element of value) write(element);
  } else entries([...(value instanceof Map ? value : Object.entries(value))]);
}

function entries(all: readonly [unknown, unknown][]): void {
  const present = all.filter(([, value]) => value !== undefined);
  head(map, present.length);
  for (const [key, value] of present) {
    write(key);
    write(value);
  }
}

function number(value: number): void {
  if (Number.isSafeInteger(value)) {
    // One integer zero: the sign of a zero is not kept.
    head(value < 0 ? negative : unsigned, value < 0 ? -1 - value : value);
    return;
  }
  reserve(headBytes);
  const half = toHalf(value);
  if (Object.is(fromHalf(half), value)) {
    byte(simple.half);
    at = memory.writeUInt16BE(half, at);
  } else if (Math.fround(value) === value) {
    byte(simple.single);
    at = memory.writeFloatBE(value, at);
  } else {
    byte(simple.double);
    at = memory.writeDoubleBE(value, at);
  }
}

function words(value: string): void {
  const length = Buffer.byteLength(value);
  head(text, length);
  reserve(length);
  at += memory.write(value, at);
}

function bytes(value: Uint8Array): void {
  head(byteString, value.length);
  reserve(value.length);
  memory.set(value, at);
  at += value.length;
}

function head(major: number, argument: number): void {
  reserve(headBytes);
  const kind = major << 5;
  if (argument < 24) memory[at++] = kind | argument;
  else if (argument < 0x100) {
    memory[at++] = kind | 24;
    memory[at++] = argument;
  } else if (argument < 0x1_0000) {
    memory[at++] = kind | 25;
    at = memory.writeUInt16BE(argument, at);
  } else if (argument < 0x1_0000_0000) {
    memory[at++] = kind | 26;
    at = memory.writeUInt32BE(argument, at);
  } else {
    memory[at++] = kind | 27;
    at = memory.writeBigUInt64BE(BigInt(argument), at);
  }
}

function byte(value: number): void {
  reserve(1);
  memory[at++] = value;
}

/** Makes room for the given number of bytes. */
function reserve(more: number): void {
  if (at + more <= memory.length) return;
  const larger = Buffer.alloc(Math.max(2 * memory.length, at + more));
  larger.set(memory.subarray(0, at));
  memory = larger;
}

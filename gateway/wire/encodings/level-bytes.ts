/**
 * Values as levels of one step, coded with the range coder: what `dithered` and `coarse` share. docs/protocol.md (Levels)
 * describes the bytes.
 */
import { FtteError, type Resumable } from '../../platform';
import { maxValues } from './encoding';
import { initialProbabilities, LevelCoder, largestLevel } from './level-coder';
import { BitDecoder, BitEncoder } from './range-coder';
import { strideOf } from './stride';

/** Levels between two pauses: half a millisecond on a PC, five on a Raspberry Pi. */
const levelsPerTurn = 8192;

/** Of a change that is zero everywhere, and of one that holds a value that is not finite. */
const [zeroScale, notFiniteScale] = [0, 0xffff];
/** Steps are eighths of an octave, with 2^(k/8) in 65 536ths: the same in every language. */
const eighths = [65_536, 71_468, 77_936, 84_990, 92_682, 101_070, 110_218, 120_194] as const;
const [lowestOctave, largestScale] = [-152, 2304];
/** Values beyond this would not arrive finite with the largest error. */
export const largestInLevels = 2 ** 126;
/** The decoder writes no more values for each byte: a value costs at least 0.011 bits. */
const mostPerByte = 1024;

/** The step of a scale from 1 to `largestScale`. */
export const stepOf = (scale: number): number =>
  eighths[(scale - 1) & 7]! * 2 ** (((scale - 1) >> 3) + lowestOctave - 16);

/** The scale of the largest step that is not above `step`; at least 1. */
function scaleFor(step: number): number {
  let low = 1;
  for (let high = largestScale; low < high; ) {
    const middle = (low + high + 1) >> 1;
    if (stepOf(middle) <= step) low = middle;
    else high = middle - 1;
  }
  return low;
}

/**
 * The dither of value `at`: an odd number of 1/131072 from -65535 to 65535. Word `at` of splitmix32 from `seed * 65536`
 * without its 16 low bits.
 */
export function ditherAt(seed: number, at: number): number {
  let z = (Math.imul(seed, 65_536) + Math.imul(at + 1, 0x9e3779b9)) >>> 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return 2 * ((z ^ (z >>> 15)) >>> 16) - 65_535;
}

/** A choice of the sender. */
export interface LevelChoice {
  /** The step, in root mean squares of the values. */
  readonly relative: number;
  /** The step itself, in place of `relative`. */
  readonly step?: number | undefined;
  readonly dithered: boolean;
  /** 0 to 65535. Absent: it follows from the values, so that equal values give equal bytes. */
  readonly seed?: number | undefined;
}

/** The bytes of values. */
export function* encodeLevels(values: Float32Array, choice: LevelChoice): Resumable<Uint8Array> {
  const { squares, largest } = yield* sizesOf(values);
  const { relative, dithered, step = relative * Math.sqrt(squares / Math.max(1, values.length)) } = choice;
  if (!(largest <= largestInLevels)) return head(values.length, notFiniteScale);
  if (largest === 0) return head(values.length, zeroScale);
  let scale = scaleFor(step);
  while (largest / stepOf(scale) > largestLevel - 1) scale++;
  const seed = dithered ? (choice.seed ?? (yield* hashOf(values))) : 0;
  const stride = strideOf(values);
  const levels = new Int16Array(values.length);
  const bits = new BitEncoder(initialProbabilities());
  const coder = new LevelCoder(bits, stride);
  const size = stepOf(scale);
  for (let at = 0; at < values.length; ) {
    for (const end = Math.min(values.length, at + levelsPerTurn); at < end; at++) {
      const dither = dithered ? ditherAt(seed, at) : 0;
      levels[at] = Math.floor(values[at]! / size + dither / 131_072 + 0.5);
      coder.next(levels[at]!, dither);
    }
    yield;
  }
  const coded = bits.finish();
  const check = checkOf(levels);
  const start = head(values.length, scale, [
    ...(dithered ? [seed & 255, seed >> 8] : []),
    stride,
    check & 255,
    check >> 8,
  ]);
  const bytes = new Uint8Array(start.length + coded.length);
  bytes.set(start);
  bytes.set(coded, start.length);
  known.set(bytes, levels);
  return bytes;
}

/** The bytes before the levels. */
interface Head {
  readonly count: number;
  readonly scale: number;
  readonly seed: number;
  readonly stride: number;
  readonly check: number;
  /** Offset of the levels. */
  readonly at: number;
}

/** Reads the bytes before the levels. @throws Error saying what is wrong, for a person */
function headOf(bytes: Uint8Array, dithered: boolean): Head {
  let at = 0;
  let count = 0;
  for (let power = 1; ; power *= 128) {
    const byte = bytes[at++];
    if (byte === undefined || at > 4) throw new Error('expected a number of at most four bytes first');
    count += (byte & 0x7f) * power;
    if (byte < 0x80) break;
  }
  if (count > maxValues) throw new Error(`expected at most ${maxValues} values`);
  const two = () => bytes[at++]! + 256 * bytes[at++]!;
  const need = (more: number) => {
    if (bytes.length < at + more) throw new Error('ends in the middle');
  };
  need(2);
  const scale = two();
  if (scale === zeroScale || scale === notFiniteScale) {
    if (bytes.length !== at) throw new Error('expected nothing after a scale without levels');
    return { count, scale, seed: 0, stride: 0, check: 0, at };
  }
  if (scale > largestScale) throw new Error(`scale ${scale}: expected at most ${largestScale}`);
  need(dithered ? 5 : 3);
  const seed = dithered ? two() : 0;
  const stride = bytes[at++]!;
  const check = two();
  const most = mostPerByte * (bytes.length - at + 4);
  if (count > most) throw new Error(`${count} values: expected at most ${most} of so few bytes`);
  return { count, scale, seed, stride, check, at };
}

/** The fault of the bytes before the levels; undefined: there is none. */
export function faultOfLevels(
  bytes: Uint8Array,
  dithered: boolean,
): { readonly field: string; readonly problem: string } | undefined {
  try {
    headOf(bytes, dithered);
    return undefined;
  } catch (error) {
    return { field: 'values', problem: (error as Error).message };
  }
}

/** The number of values. */
export const countOfLevels = (bytes: Uint8Array, dithered: boolean): number => headOf(bytes, dithered).count;

/** Levels that were written or read already, by their bytes. */
const known = new WeakMap<Uint8Array, Int16Array>();

/** Reads the levels, which takes the time of decoding. @throws FtteError `message-invalid` if they are not what was sent */
export function* readLevels(bytes: Uint8Array, dithered: boolean): Resumable<void> {
  const { count, scale, seed, stride, check, at: start } = headOf(bytes, dithered);
  if (known.has(bytes) || scale === zeroScale || scale === notFiniteScale) return;
  const levels = new Int16Array(count);
  const coder = new LevelCoder(new BitDecoder(initialProbabilities(), bytes.subarray(start)), stride);
  for (let at = 0; at < count; ) {
    for (const end = Math.min(count, at + levelsPerTurn); at < end; at++) {
      const level = coder.next(0, dithered ? ditherAt(seed, at) : 0);
      if (Math.abs(level) > largestLevel) throw damaged(`level ${at} is ${level}`);
      levels[at] = level;
    }
    yield;
  }
  const found = checkOf(levels);
  if (found !== check) throw damaged(`checksum ${found}, expected ${check}`);
  known.set(bytes, levels);
}

/** Writes values to `into`, as many as it holds, from the value `from` on. @throws FtteError as `readLevels` */
export function decodeLevels(bytes: Uint8Array, dithered: boolean, into: Float32Array, from: number): void {
  const { scale, seed } = headOf(bytes, dithered);
  if (scale === zeroScale || scale === notFiniteScale) {
    into.fill(scale === zeroScale ? 0 : Number.NaN);
    return;
  }
  if (!known.has(bytes)) for (const _ of readLevels(bytes, dithered));
  const levels = known.get(bytes)!; // read just now
  const size = stepOf(scale) / 131_072;
  for (let i = 0; i < into.length; i++) {
    const dither = dithered ? ditherAt(seed, from + i) : 0;
    into[i] = (131_072 * levels[from + i]! - dither) * size;
  }
}

const damaged = (problem: string) =>
  new FtteError('message-invalid', `levels of a tensor are damaged: ${problem}`, { reason: 'field' });

function head(count: number, scale: number, more: readonly number[] = []): Uint8Array {
  const bytes: number[] = [];
  let rest = count;
  for (; rest >= 128; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Uint8Array.of(...bytes, rest, scale & 255, scale >> 8, ...more);
}

function* sizesOf(values: Float32Array): Resumable<{ squares: number; largest: number }> {
  let squares = 0;
  let largest = 0;
  for (let at = 0; at < values.length; ) {
    for (const end = Math.min(values.length, at + 4 * levelsPerTurn); at < end; at++) {
      const size = Math.abs(values[at]!);
      squares += size * size;
      // Nothing is larger than NaN.
      if (size > largest || Number.isNaN(size)) largest = size;
    }
    yield;
  }
  return { squares, largest };
}

/** 16 bits of a hash (that of Java's strings, in words, mixed as above): a seed that has nothing to do with any one value. */
function* hashOf(values: Float32Array): Resumable<number> {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  let hash = values.length;
  for (let at = 0; at < words.length; ) {
    for (const end = Math.min(words.length, at + 4 * levelsPerTurn); at < end; at++) {
      hash = Math.imul(hash ^ words[at]!, 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    yield;
  }
  return (ditherAt(hash & 0xffff, hash >>> 16) + 65_535) >> 1;
}

const table = Uint16Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 8;
  for (let i = 0; i < 8; i++) value = (value << 1) ^ (value & 0x8000 ? 0x1021 : 0);
  return value;
});

/** CRC-16/CCITT-FALSE of the levels as signed 16-bit numbers, little endian. */
function checkOf(levels: Int16Array): number {
  let check = 0xffff;
  for (let i = 0; i < levels.length; i++) {
    const level = levels[i]!;
    check = ((check << 8) & 0xffff) ^ table[(check >> 8) ^ (level & 255)]!;
    check = ((check << 8) & 0xffff) ^ table[(check >> 8) ^ ((level >> 8) & 255)]!;
  }
  return check;
}

import { SecurityError } from '../rules/security-error';
import type { CborValue } from './encode';

/** Arrays and maps inside each other, and items in all: more than any structure here has. */
const mostDepth = 6;
const mostItems = 128;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads one item of deterministic CBOR (P-2): integers of at most 2^53 - 1, text, byte strings, arrays, and maps with
 * integer keys. Byte strings are views of the bytes, so what is allocated does not depend on the lengths that they name.
 * @throws SecurityError `not-deterministic`
 */
export function decodeDeterministic(bytes: Uint8Array): CborValue {
  const reader = new Reader(bytes);
  const value = reader.value(0);
  if (reader.at !== bytes.length) throw reader.refuse('bytes after the end');
  return value;
}

class Reader {
  at = 0;
  private items = 0;

  constructor(private readonly bytes: Uint8Array) {}

  value(depth: number): CborValue {
    if (++this.items > mostItems) throw this.refuse(`more than ${mostItems} items`);
    const { major, argument } = this.head();
    switch (major) {
      case 0:
        return argument;
      case 1:
        return -1 - argument;
      case 2:
        return this.take(argument);
      case 3:
        return this.text(argument);
      case 4:
        return this.array(argument, depth + 1);
      case 5:
        return this.map(argument, depth + 1);
      default:
        throw this.refuse(major === 6 ? 'a tag' : 'a simple value or a float');
    }
  }

  refuse(problem: string): SecurityError {
    return new SecurityError(
      'not-deterministic',
      `not deterministic CBOR: ${problem} (byte ${Math.min(this.at, this.bytes.length)})`,
    );
  }

  private head(): { major: number; argument: number } {
    const first = this.bytes[this.at];
    if (first === undefined) throw this.refuse('it ends in the middle');
    this.at++;
    const major = first >> 5;
    const short = first & 31;
    if (short < 24) return { major, argument: short };
    if (short > 27) throw this.refuse('an indefinite or reserved length');
    const width = 1 << (short - 24);
    let argument = 0;
    for (const byte of this.take(width)) argument = argument * 256 + byte;
    const most = Number.MAX_SAFE_INTEGER - (major === 1 ? 1 : 0);
    if (argument > most) throw this.refuse('a number beyond 2^53 - 1');
    const least = short === 24 ? 24 : 2 ** (4 * width);
    if (argument < least) throw this.refuse('a head that is longer than needed');
    return { major, argument };
  }

  private take(length: number): Uint8Array {
    if (length > this.bytes.length - this.at) throw this.refuse('it ends in the middle');
    const taken = this.bytes.subarray(this.at, this.at + length);
    this.at += length;
    return taken;
  }

  private text(length: number): string {
    const bytes = this.take(length);
    try {
      return utf8.decode(bytes);
    } catch {
      throw this.refuse('text that is not UTF-8');
    }
  }

  private array(length: number, depth: number): CborValue[] {
    this.enter(length, depth);
    const items: CborValue[] = [];
    for (let i = 0; i < length; i++) items.push(this.value(depth));
    return items;
  }

  private map(length: number, depth: number): Map<number, CborValue> {
    this.enter(length, depth);
    const map = new Map<number, CborValue>();
    let before: Uint8Array | undefined;
    for (let i = 0; i < length; i++) {
      const start = this.at;
      const key = this.value(depth);
      if (typeof key !== 'number') throw this.refuse('a key that is not an integer');
      const written = this.bytes.subarray(start, this.at);
      if (before && Buffer.compare(before, written) >= 0) throw this.refuse('keys out of order');
      before = written;
      map.set(key, this.value(depth));
    }
    return map;
  }

  private enter(length: number, depth: number): void {
    if (depth > mostDepth) throw this.refuse(`deeper than ${mostDepth}`);
    if (length > mostItems) throw this.refuse(`more than ${mostItems} items`);
  }
}

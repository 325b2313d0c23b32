import { cut, describeValue } from '../../platform';
import { type RefusalReason, SecurityError } from '../rules/security-error';
import { decodeDeterministic } from './decode';
import type { CborMap, CborValue } from './encode';

/** Lengths that a byte string or a text may have. */
interface Length {
  readonly min?: number;
  readonly max: number;
}

/**
 * The fields of a map with integer keys that came from outside. Keys that nobody asks for are ignored. An error names the
 * field and what was expected; it describes a byte string by its length only, since it may be secret (P-30).
 */
export class Fields {
  /** @param what the thing that holds the fields, for errors @throws SecurityError `reason` if it is no map */
  constructor(
    value: CborValue,
    private readonly what: string,
    private readonly reason: RefusalReason,
  ) {
    if (!(value instanceof Map))
      throw new SecurityError(reason, `${what} is ${described(value)}, expected a map`);
    this.map = value as CborMap;
  }

  private readonly map: CborMap;

  /** The fields of encoded bytes. */
  static decode(bytes: Uint8Array, what: string, reason: RefusalReason): Fields {
    return new Fields(decodeDeterministic(bytes), what, reason);
  }

  has(key: number): boolean {
    return this.map.has(key);
  }

  bytes(key: number, name: string, { min, max }: Length): Uint8Array {
    const value = this.map.get(key);
    if (value instanceof Uint8Array && value.length >= (min ?? max) && value.length <= max) return value;
    const length = min === undefined || min === max ? `${max}` : `${min} to ${max}`;
    throw this.refuse(name, value, `${length} bytes`);
  }

  /** A whole number from 0. */
  count(key: number, name: string, most = Number.MAX_SAFE_INTEGER): number {
    const value = this.map.get(key);
    if (typeof value === 'number' && value >= 0 && value <= most) return value;
    throw this.refuse(name, value, `a whole number from 0 to ${most}`);
  }

  text(key: number, name: string, { min = 0, max }: Length): string {
    const value = this.map.get(key);
    if (typeof value === 'string' && value.length >= min && value.length <= max) return value;
    throw this.refuse(name, value, `a text of ${min} to ${max} characters`);
  }

  /** A text that passes a check, such as a name. */
  checked(key: number, name: string, check: (value: unknown) => value is string, expected: string): string {
    const value = this.map.get(key);
    if (check(value)) return value;
    throw this.refuse(name, value, expected);
  }

  private refuse(name: string, value: CborValue | undefined, expected: string): SecurityError {
    return new SecurityError(
      this.reason,
      `${name} of ${this.what} is ${described(value)}, expected ${expected}`,
      {
        field: name,
      },
    );
  }
}

/** The kind and size of a value, without its content. */
function described(value: CborValue | undefined): string {
  if (value === undefined) return 'missing';
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (typeof value === 'string') return `a text of ${value.length} characters`;
  return cut(describeValue(value), 60);
}

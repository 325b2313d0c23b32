import { decodeDeterministic } from '../cbor/decode';
import { type CborMap, encodeDeterministic } from '../cbor/encode';
import { SecurityError } from '../rules/security-error';

/** Labels of COSE headers (RFC 9052, section 3.1), and the algorithms of this protocol (RFC 9053; P-3). */
export const label = { algorithm: 1, contentType: 3, keyId: 4, iv: 5, partialIv: 6 } as const;
export const algorithm = { edDsa: -8, a256Gcm: 3 } as const;

/** Headers of a structure, both buckets together (P-5). */
export interface Headers {
  readonly contentType?: number;
  readonly keyId?: Uint8Array;
  readonly iv?: Uint8Array;
  readonly partialIv?: Uint8Array;
}

const mostKeyId = 32;
const mostIv = 12;
const mostPartialIv = 8;

/** The protected header with its algorithm, as the byte string that is authenticated. */
export function protectedHeader(alg: number, contentType?: number): Uint8Array {
  const map = new Map<number, number>([[label.algorithm, alg]]);
  if (contentType !== undefined) map.set(label.contentType, contentType);
  return encodeDeterministic(map);
}

/** The unprotected header. */
export function unprotectedHeader({ keyId, iv, partialIv }: Headers): CborMap {
  const map = new Map<number, Uint8Array>();
  if (keyId) map.set(label.keyId, keyId);
  if (iv) map.set(label.iv, iv);
  if (partialIv) map.set(label.partialIv, partialIv);
  return map;
}

/**
 * Reads both headers of a structure.
 * @throws SecurityError `header` or `algorithm`
 */
export function readHeaders(protectedBytes: Uint8Array, unprotected: CborMap, alg: number): Headers {
  const inner = protectedBytes.length === 0 ? new Map() : decodeDeterministic(protectedBytes);
  if (!(inner instanceof Map)) throw refuse('the protected header is no map');
  const found = inner.get(label.algorithm);
  if (found !== alg)
    throw new SecurityError(
      'algorithm',
      `the algorithm is ${typeof found === 'number' ? found : 'missing'}, expected ${alg}`,
    );
  const headers: { -readonly [Key in keyof Headers]: Headers[Key] } = {};
  for (const [key, value] of [...inner, ...unprotected]) {
    if (key === label.algorithm && inner.has(key) && !unprotected.has(key)) continue;
    if (inner.has(key) && unprotected.has(key)) throw refuse(`label ${key} is in both headers`);
    if (key === label.contentType && typeof value === 'number' && value >= 0) headers.contentType = value;
    else if (key === label.keyId) headers.keyId = sized(value, 'key id', 1, mostKeyId);
    else if (key === label.iv) headers.iv = sized(value, 'IV', mostIv, mostIv);
    else if (key === label.partialIv) headers.partialIv = sized(value, 'Partial IV', 1, mostPartialIv);
    else throw refuse(`label ${key} is not known, or its value has another form`);
  }
  if (headers.iv && headers.partialIv) throw refuse('both an IV and a Partial IV');
  return headers;
}

function sized(value: unknown, name: string, min: number, max: number): Uint8Array {
  if (value instanceof Uint8Array && value.length >= min && value.length <= max) return value;
  throw refuse(`the ${name} has another form, expected ${min === max ? max : `${min} to ${max}`} bytes`);
}

const refuse = (problem: string) => new SecurityError('header', `COSE header: ${problem}`);

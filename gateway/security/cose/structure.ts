import { decodeDeterministic } from '../cbor/decode';
import { type CborMap, type CborValue, encodeDeterministic } from '../cbor/encode';
import { SecurityError } from '../rules/security-error';

/** Version of the protocol that these structures belong to. */
export const envelopeVersion = 2;

/** Most bytes of a payload, and of a structure around one (P-6). */
export const mostPayloadBytes = 16 * 1024 * 1024;
export const mostOverheadBytes = 1024;

/** CBOR tags of the structures (RFC 9052, section 2). */
export const tag = { encrypt0: 16, sign1: 18 } as const;

/** One of the structures. */
export type StructureKind = keyof typeof tag;

/** The external authenticated data of a message (P-4). @param more numbers that bind it further */
export function externalData(topic: string, ...more: number[]): Uint8Array {
  return encodeDeterministic([envelopeVersion, topic, ...more]);
}

/**
 * The kind of structure that bytes begin with; nothing else of them is read.
 * @throws SecurityError `unprotected` for a map, `not-cose` for everything else (P-1)
 */
export function kindOf(bytes: Uint8Array): StructureKind {
  const first = bytes[0];
  if (first === (0xc0 | tag.sign1)) return 'sign1';
  if (first === (0xc0 | tag.encrypt0)) return 'encrypt0';
  if (first !== undefined && first >> 5 === 5)
    throw new SecurityError(
      'unprotected',
      'a message that is neither signed nor encrypted: its sender has not joined this federation by invitation, or needs an update of this software',
    );
  throw new SecurityError('not-cose', 'neither COSE_Sign1 nor COSE_Encrypt0');
}

/** The items of a structure after its tag: protected header, unprotected header, and byte strings. */
export interface StructureParts {
  readonly protectedBytes: Uint8Array;
  readonly unprotected: CborMap;
  readonly strings: readonly Uint8Array[];
}

/**
 * Takes a structure apart. Its byte strings are views.
 * @param strings the number of byte strings after the headers
 * @throws SecurityError
 */
export function takeApart(bytes: Uint8Array, kind: StructureKind, strings: number): StructureParts {
  if (bytes.length > mostPayloadBytes + mostOverheadBytes)
    throw new SecurityError(
      'oversize',
      `a message of ${bytes.length} bytes, at most ${mostPayloadBytes} are read`,
    );
  if (kindOf(bytes) !== kind) throw new SecurityError('not-cose', `the tag is not that of ${kind}`);
  const items = decodeDeterministic(bytes.subarray(1));
  const [protectedBytes, unprotected, ...rest] = Array.isArray(items) ? (items as CborValue[]) : [];
  if (
    !(protectedBytes instanceof Uint8Array) ||
    !(unprotected instanceof Map) ||
    rest.length !== strings ||
    !rest.every((item): item is Uint8Array => item instanceof Uint8Array)
  )
    throw new SecurityError('not-cose', `the content is not that of ${kind}`);
  return { protectedBytes, unprotected, strings: rest };
}

/** A structure as bytes. */
export function putTogether(kind: StructureKind, parts: StructureParts): Uint8Array {
  const { protectedBytes, unprotected, strings } = parts;
  const body = encodeDeterministic([protectedBytes, unprotected, ...strings]);
  const bytes = new Uint8Array(body.length + 1);
  bytes[0] = 0xc0 | tag[kind];
  bytes.set(body, 1);
  return bytes;
}

/** @throws SecurityError `oversize` for a payload that no reader accepts */
export function checkPayload(payload: Uint8Array): void {
  if (payload.length > mostPayloadBytes)
    throw new SecurityError(
      'oversize',
      `a payload of ${payload.length} bytes, expected at most ${mostPayloadBytes}`,
    );
}

import { messageOf } from '../platform';
import { decodeCbor, encodeCbor } from './cbor';
import { messageInvalid } from './drop';
import { structureFault, type WireLimits } from './guard';
import { bodyFromNumbers, bodyToNumbers, isMessageType, numberOfType, typeOfNumber } from './messages';

/** The fields of a message by their names, not checked yet. */
export type MessageFields = Readonly<Record<string, unknown>>;

/** Version of the protocol. */
export const protocolVersion = 2;

/** Numbers of the fields of the envelope. */
const envelopeFields = Object.entries({ ftte: 0, type: 1, federation: 2, sender: 3, sequence: 4, term: 5 });

/**
 * The types by which a peer of version 1 notices that it meets another version: it reads the version in a map with text
 * keys, and nothing else.
 */
const noticed: ReadonlySet<unknown> = new Set(['hello', 'task']);
/** The key of the message inside such a map. */
const inside = '';

/** The bytes of a message. A field that has no number is left out. */
export function encodeFields(fields: MessageFields): Uint8Array {
  const { type, ftte } = fields;
  const numbered = new Map<number | string, unknown>();
  for (const [name, number] of envelopeFields) {
    const value = name === 'type' ? numberOfType(type) : fields[name];
    if (value !== undefined) numbered.set(number, value);
  }
  if (isMessageType(type)) for (const [key, value] of bodyToNumbers(type, fields)) numbered.set(key, value);
  const bytes = encodeCbor(numbered);
  return noticed.has(type) ? encodeCbor({ ftte, [inside]: bytes }) : bytes;
}

/**
 * The fields of a message by their names, after its structure was scanned. Of a message of another version they are those
 * that it has, with its version in `ftte`.
 * @throws FtteError `message-invalid`
 */
export function decodeFields(bytes: Uint8Array, limits?: WireLimits): MessageFields {
  const outer = decodeMap(bytes, limits);
  if (outer['ftte'] === undefined) return named(outer);
  const content = outer[inside];
  if (outer['ftte'] !== protocolVersion || !(content instanceof Uint8Array)) return outer;
  return named(decodeMap(content, limits));
}

function named(numbered: MessageFields): MessageFields {
  const fields: Record<string, unknown> = {};
  for (const [name, number] of envelopeFields) {
    const value = numbered[number];
    if (value !== undefined) fields[name] = value;
  }
  const type = typeOfNumber(fields['type']);
  return type === undefined ? fields : { ...fields, type, ...bodyFromNumbers(type, numbered) };
}

function decodeMap(bytes: Uint8Array, limits: WireLimits | undefined): MessageFields {
  const fault = structureFault(bytes, limits);
  if (fault) throw messageInvalid(fault.reason, `not a message: ${fault.problem} (byte ${fault.at})`);
  try {
    return decodeCbor(bytes) as MessageFields;
  } catch (error) {
    throw messageInvalid('not-cbor', `not a message: ${messageOf(error)}`);
  }
}

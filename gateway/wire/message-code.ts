import { describeValue, isName, messageOf } from '../platform';
import { decodeCbor, encodeCbor } from './cbor';
import { messageInvalid } from './drop';
import { defaultLimits, structureFault, type WireLimits } from './guard';
import { type Body, type BodyOf, bodyFields, isMessageType, type MessageType, parseBody } from './messages';

/** Version of the protocol; a message of another one is refused before anything else of it is read. */
export const protocolVersion = 1;

/** The part that every message has. */
export interface Envelope {
  readonly federation: string;
  /** Gateway id of the sender. */
  readonly sender: string;
  /** Counts the sender's messages since its process started; for logs and duplicates, not for order. */
  readonly sequence: number;
  /**
   * Of the coordinator's messages: the term of its lease. Of a gateway's: the highest term that it knows. A message of a
   * lower term than a gateway knows is of a coordinator that has lost the lease.
   */
  readonly term?: number;
}

/** A message as rooms above see it: envelope and body in one, checked. */
export type Message<T extends MessageType = MessageType> = Envelope & BodyOf<T>;

/** One message as one CBOR map: `ftte` (the protocol version), the envelope, then the body. */
export function encodeMessage(envelope: Envelope, body: Body): Uint8Array {
  const { type, ...fields } = bodyFields(body);
  return encodeCbor({
    ftte: protocolVersion,
    type,
    federation: envelope.federation,
    sender: envelope.sender,
    sequence: envelope.sequence,
    ...(envelope.term !== undefined && { term: envelope.term }),
    ...fields,
  });
}

/**
 * Reads bytes from anywhere. The structure is scanned before anything is decoded, the version before any other field.
 * @throws FtteError `message-invalid`, `details.reason` the `DropReason`; never anything else
 */
export function decodeMessage(bytes: Uint8Array, limits: WireLimits = defaultLimits): Message {
  const fault = structureFault(bytes, limits);
  if (fault) throw messageInvalid(fault.reason, `not a message: ${fault.problem} (byte ${fault.at})`);
  const fields = decodeFields(bytes);
  const { ftte, type, federation, sender, sequence, term } = fields;
  if (ftte !== protocolVersion)
    throw messageInvalid(
      'version',
      `protocol version ${fieldValue(ftte)}, this software speaks ${protocolVersion}${versionAdvice(ftte)}`,
    );
  if (!isName(federation)) throw invalidField('federation', federation, 'expected a name');
  if (!isName(sender)) throw invalidField('sender', sender, 'expected a name');
  if (!isMessageType(type))
    throw messageInvalid('type', `message of type ${fieldValue(type)} is not known`, { sender });
  const about = {
    sender,
    type,
    ...(typeof fields['id'] === 'string' ? { id: fields['id'].slice(0, 16) } : {}),
  };
  if (!isCount(sequence)) throw invalidField('sequence', sequence, 'expected a whole number from 0', about);
  if (term !== undefined && !isCount(term))
    throw invalidField('term', term, 'expected a whole number from 0', about);
  const parsed = parseBody(type, fields);
  if (!parsed.ok) throw invalidField(parsed.field, valueAt(fields, parsed.field), parsed.problem, about);
  return { federation, sender, sequence, ...(term !== undefined && { term }), ...parsed.body };
}

/** Advice about a message of another version: which package is to be updated. */
function versionAdvice(version: unknown): string {
  if (!isCount(version)) return '';
  return version > protocolVersion
    ? ": the package here is older than the sender's, update it here"
    : ": the sender's package is older than the one here, update it there";
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function decodeFields(bytes: Uint8Array): Record<string, unknown> {
  try {
    return decodeCbor(bytes) as Record<string, unknown>;
  } catch (error) {
    throw messageInvalid('not-cbor', `not a message: ${messageOf(error)}`);
  }
}

function invalidField(
  field: string,
  value: unknown,
  wanted: string,
  about: { sender?: string; type?: string; id?: string } = {},
) {
  const name = about.type ? `${about.type}.${field}` : field;
  return messageInvalid('field', `${name} is ${fieldValue(value)}: ${wanted}`, { ...about, field });
}

function valueAt(fields: unknown, path: string): unknown {
  let value = fields;
  for (const key of path.split('.')) value = (value as Record<string, unknown> | null | undefined)?.[key];
  return value;
}

const fieldValue = (value: unknown) => (value === undefined ? 'missing' : describeValue(value));

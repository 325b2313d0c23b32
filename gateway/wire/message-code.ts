import { describeValue, isName } from '../platform';
import { messageInvalid } from './drop';
import { defaultLimits, type WireLimits } from './guard';
import { decodeFields, encodeFields, type MessageFields, protocolVersion } from './message-fields';
import { type Body, type BodyOf, bodyFields, isMessageType, type MessageType, parseBody } from './messages';
import { knownPlan, type PlanBook } from './plan-book';

/** The part that every message has. */
export interface Envelope {
  /** Empty if the message leaves it to its topic, and was read without one. */
  readonly federation: string;
  /** Gateway id of the sender. Empty if the message leaves it to its topic, and was read without one. */
  readonly sender: string;
  /** Counts the presences of a run. */
  readonly sequence?: number;
  /**
   * Of the coordinator's messages: the term of its lease. Of a gateway's: the highest term that it knows. A message of a
   * lower term than a gateway knows is of a coordinator that has lost the lease.
   */
  readonly term?: number;
}

/** Facts that a message leaves to its topic, and to messages before it. */
export interface MessagePlace {
  readonly federation?: string | undefined;
  readonly sender?: string | undefined;
  /** Plans that updates name by their id. */
  readonly plans?: PlanBook | undefined;
}

/** A message as rooms above see it: envelope and body in one, checked. */
export type Message<T extends MessageType = MessageType> = Envelope & BodyOf<T>;

/** One message as one CBOR map. A federation or sender that is empty is left to the topic. */
export function encodeMessage(envelope: Envelope, body: Body): Uint8Array {
  const { federation, sender, sequence, term } = envelope;
  return encodeFields({
    ...bodyFields(body),
    ftte: protocolVersion,
    federation: federation || undefined,
    sender: sender || undefined,
    sequence,
    term,
  });
}

/**
 * Reads bytes from anywhere. The structure is scanned before anything is decoded, the version before any other field.
 * @param place fills in what the message leaves out
 * @throws FtteError `message-invalid`, `details.reason` the `DropReason`; never anything else
 */
export function decodeMessage(
  bytes: Uint8Array,
  limits: WireLimits = defaultLimits,
  place: MessagePlace = {},
): Message {
  return parse(decodeFields(bytes, limits), place);
}

/**
 * Reads a message that this package has stored, also as version 1 of the protocol wrote it.
 * @throws FtteError `message-invalid`
 */
export function decodeStored(bytes: Uint8Array): { readonly message: Message; readonly isEarlier: boolean } {
  const fields = decodeFields(bytes);
  const isEarlier = fields['ftte'] === earlierVersion;
  return { message: parse(isEarlier ? { ...fields, ftte: protocolVersion } : fields, {}), isEarlier };
}

const earlierVersion = 1;

function parse(fields: MessageFields, place: MessagePlace): Message {
  const { ftte, type } = fields;
  if (ftte !== protocolVersion)
    throw messageInvalid(
      'version',
      `protocol version ${fieldValue(ftte)}, this software speaks ${protocolVersion}${versionAdvice(ftte)}`,
    );
  const { federation = place.federation ?? '', sender = place.sender ?? '', sequence, term } = fields;
  if (federation !== '' && !isName(federation))
    throw invalidField('federation', federation, 'expected a name');
  if (sender !== '' && !isName(sender)) throw invalidField('sender', sender, 'expected a name');
  if (!isMessageType(type))
    throw messageInvalid('type', `message of type ${fieldValue(type)} is not known`, { sender });
  const about = {
    sender,
    type,
    ...(typeof fields['id'] === 'string' ? { id: fields['id'].slice(0, 16) } : {}),
  };
  for (const [name, value] of Object.entries({ sequence, term }))
    if (value !== undefined && !isCount(value))
      throw invalidField(name, value, 'expected a whole number from 0', about);
  const known = type === 'update' ? knownPlan(fields, place.plans, about) : fields;
  const parsed = parseBody(type, known);
  if (!parsed.ok) throw invalidField(parsed.field, valueAt(known, parsed.field), parsed.problem, about);
  return {
    federation,
    sender,
    ...(sequence !== undefined && { sequence: sequence as number }),
    ...(term !== undefined && { term: term as number }),
    ...parsed.body,
  };
}

/** Advice about a message of another version: which package is to be updated. */
function versionAdvice(version: unknown): string {
  if (!isCount(version)) return '';
  return version > protocolVersion
    ? ": the package here is older than the sender's, update it here"
    : ": the sender's package is older than the one here, update it there";
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

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

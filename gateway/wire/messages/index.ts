/** The types of messages: one definition for each in one table, from which types, checks and topics follow. */
import { z } from 'zod';
import { checkSchema } from '../../platform';
import { bytes } from '../encodings';
import { fromNumbers, id, toNumbers } from './field-form';
import { count, hex16 } from './fields';
import { fromGateways } from './from-gateways';
import { defineMessage, type MessageDefinition, type Route } from './message-type';
import { toAll } from './to-all';
import { type rejectionReasons, toGateways } from './to-gateways';

export { encodeAhead, encodeTensor, type ParameterChange, rememberEncoded } from './fields';
export { mostCounter } from './from-gateways';
export type { Route } from './message-type';
export { encodePlan } from './plan-code';
export { copyValues, lengthOf, readTensor, receivedTensor, type Tensor } from './received-tensor';
export { maxSegments } from './segment-code';
export { rejectionReasons } from './to-gateways';

/** The types that roles send and receive. */
const roleMessages = { ...fromGateways, ...toGateways, ...toAll };

const messages = {
  ...roleMessages,
  /** Part of a message that is larger than the broker takes; the parts of one id, joined in order, are one message. */
  chunk: defineMessage({
    number: 14,
    fields: [['id', id], 'index', 'count', 'bytes'],
    schema: z.object({ id: hex16, index: count, count: count.min(1), bytes }),
  }),
};

/** The type of a message; the last level of its topic. */
export type MessageType = keyof typeof messages;

/** The types that roles send and receive; chunks are the session's own business. */
export type RoleMessageType = keyof typeof roleMessages;

/** Body of any message: what it says, without its envelope. Types are distinguished by `type`. */
export type Body = {
  [Type in MessageType]: (typeof messages)[Type] extends MessageDefinition<infer Schema>
    ? { readonly type: Type } & Readonly<z.output<Schema>>
    : never;
}[MessageType];

/** Body of a message of one type. */
export type BodyOf<T extends MessageType> = Extract<Body, { type: T }>;

export type Hello = BodyOf<'hello'>;
export type Ready = BodyOf<'ready'>;
export type Claim = BodyOf<'claim'>;
export type TaskMessage = BodyOf<'task'>;
export type Head = BodyOf<'head'>;
export type Patch = BodyOf<'patch'>;
export type Snapshot = BodyOf<'snapshot'>;
export type Sync = BodyOf<'sync'>;
export type Grant = BodyOf<'grant'>;
export type Anchor = NonNullable<Grant['anchor']>;
export type Update = BodyOf<'update'>;
/** An update with the figures of its round, which are for the gateway alone. */
export type RoundUpdate = Update & Required<Pick<Update, 'durationMs' | 'peakBytes'>>;
/** Quality of a version on windows that a gateway holds out. */
export type Evaluation = NonNullable<Update['evaluation']>;
export type Twin = BodyOf<'twin'>;
export type Ack = BodyOf<'ack'>;
export type Chunk = BodyOf<'chunk'>;

/** One of `rejectionReasons`. */
export type RejectionReason = (typeof rejectionReasons)[number];

/** A point in the life of the global model. */
export type ModelVersion = Pick<Head, 'lineage' | 'version'>;

/** The route of each type. */
export const routes = Object.fromEntries(
  Object.entries(roleMessages).map(([type, { route }]) => [type, route]),
) as { readonly [Type in RoleMessageType]: Route };

export function isMessageType(value: unknown): value is MessageType {
  return typeof value === 'string' && Object.hasOwn(messages, value);
}

/** The definition of a type. The table ties each type to its own body, which an index by a union loses. */
const definitionOf = (type: MessageType) => messages[type] as unknown as MessageDefinition<z.ZodType<Body>>;

/** Checks a decoded body of a known type. A failure names the field and what was expected. */
export function parseBody(
  type: MessageType,
  value: unknown,
): { ok: true; body: Body } | { ok: false; field: string; problem: string } {
  const { data, issue } = checkSchema(definitionOf(type).schema, value);
  if (issue) return { ok: false, field: issue.field, problem: issue.text };
  return { ok: true, body: { ...data, type } as Body };
}

const typesByNumber = new Map(
  Object.entries(messages).map(([type, { number }]) => [number, type as MessageType]),
);

/** The type of a number on the wire; undefined if there is none. */
export const typeOfNumber = (number: unknown): MessageType | undefined => typesByNumber.get(number as number);

/** The number of a type on the wire; a type that is not known stays as it is. */
export const numberOfType = (type: unknown): unknown =>
  isMessageType(type) ? definitionOf(type).number : type;

/** Number of the first field of a body: those below are the envelope's. */
const firstField = 6;

/** The fields of a body, as they travel, under their numbers. */
export const bodyToNumbers = (
  type: MessageType,
  fields: Readonly<Record<string, unknown>>,
): Map<number | string, unknown> => toNumbers(definitionOf(type).fields, fields, firstField);

/** The reverse; what this reader does not know is left out. */
export const bodyFromNumbers = (
  type: MessageType,
  numbered: Readonly<Record<string, unknown>>,
): Record<string, unknown> => fromNumbers(definitionOf(type).fields, numbered, firstField);

/** Number, fields and schema of each type, as docs/protocol.md lists them. */
export const numbering = (Object.keys(messages) as MessageType[]).map((type) => {
  const { number, fields, schema } = definitionOf(type);
  return { type, number, fields, schema };
});

/** The fields of a body as they travel. */
export const bodyFields = (body: Body): Record<string, unknown> => ({
  ...body,
  ...definitionOf(body.type).encode?.(body),
});

import type { z } from 'zod';
import type { NumberedField } from './field-form';

/**
 * A type of message: where it goes, what it holds, and how what it holds travels. Its name is its key in the tables, and its
 * TypeScript type follows from the schema. docs/protocol.md describes each.
 */
export interface MessageDefinition<Schema extends z.ZodType = z.ZodType> {
  /** Its number on the wire, which stays its own. */
  readonly number: number;
  /** Its fields in the order of their numbers, from 6 on, which stay their own: a new one is the last. */
  readonly fields: readonly NumberedField[];
  /** Absent for a part of a message, which goes where the whole would. */
  readonly route?: Route;
  /**
   * Checks what came and gives it decoded. What it does not name is dropped: a newer sender may say more.
   */
  readonly schema: Schema;
  /** The fields that do not travel as they are, as they travel. */
  encode?(body: z.output<Schema>): Readonly<Record<string, unknown>>;
}

/** The branch of topics on which messages of a type travel, and how. The table of docs/protocol.md. */
export interface Route {
  /** `gw`: under the sending gateway's id. `to`: under the receiving gateway's. `all`: from the coordinator to all. */
  readonly branch: 'gw' | 'to' | 'all';
  /** Quality of service between the sender and the broker. */
  readonly qos: 0 | 1;
  /**
   * Between the broker and the receiver. 0 is for what each of many gateways receives: it spares the broker an answer and, where
   * it keeps a record for each subscription (NATS), that record. What is lost is asked for, or comes again;
   * a snapshot that did not come is asked for with 1 (`Session.confirmEach`). What nothing repeats has 1: words about masks.
   */
  readonly subscribedQos: 0 | 1;
  readonly retain: boolean;
}

/** A type of message; `schema` comes before `encode`, so that the type of a body follows from it. */
export function defineMessage<Schema extends z.ZodType>(
  definition: MessageDefinition<Schema>,
): MessageDefinition<Schema> {
  return definition;
}

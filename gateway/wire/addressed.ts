import { decodeFields, encodeFields, type MessageFields } from './message-fields';
import { isMessageType, type Ready, type Route, routes } from './messages';
import { planIdOf } from './plan-book';

/** Facts about an update on its way, beside what was stored of it. */
export interface UpdateOnItsWay {
  /** The receiver knows its plan, so that its id is enough. */
  readonly isPlanKnown?: boolean;
  /** The next round is requested with it. */
  readonly next?: Pick<Ready, 'follows' | 'anchorId'> | undefined;
}

/** The fields of an envelope that the topic of a branch says already. The coordinator has no topic of its own. */
export function saidByTopic(branch: Route['branch']): readonly ('federation' | 'sender')[] {
  return branch === 'all' ? ['federation'] : ['federation', 'sender'];
}

/**
 * A message that was encoded in full, in the form in which it travels on its topic: without what that says.
 * @throws FtteError `message-invalid` if the bytes are no message
 */
export function addressed(bytes: Uint8Array, { isPlanKnown, next }: UpdateOnItsWay = {}): Uint8Array {
  const { type, ...fields } = decodeFields(bytes);
  const branch = isMessageType(type) && type !== 'chunk' ? routes[type].branch : 'all';
  const shorter: Record<string, unknown> = { ...fields, type, ...(next && { next }) };
  for (const name of saidByTopic(branch)) delete shorter[name];
  return encodeFields(isPlanKnown ? withPlanNamed(shorter) : shorter);
}

/**
 * A message that was encoded in full, with another counter.
 * @throws FtteError `message-invalid` if the bytes are no message
 */
export function withCounter(bytes: Uint8Array, counter: number): Uint8Array {
  return encodeFields({ ...decodeFields(bytes), counter });
}

/** The id of a plan takes the place of plan and lineage. */
function withPlanNamed(fields: MessageFields): MessageFields {
  const { plan, lineage, ...others } = fields;
  if (!(plan instanceof Uint8Array)) return fields;
  return { ...others, planId: planIdOf({ lineage, plan }) };
}

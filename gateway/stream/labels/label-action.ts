import { describeValue, FtteError } from '../../platform';
import { textOf } from '../values';

/** The actions of a person, or of a machine that knows the label. */
export const labelActions = ['start', 'stop', 'last'] as const;

/** Labels, as a flow sends them: a text, a number or a boolean. */
export type GivenLabel = string | number | boolean;

/** A word about readings: those from now on, or those that came just before. */
export type LabelAction =
  /** Readings from now on have the label, until the next action or for a time. */
  | {
      readonly action: 'start';
      readonly label: GivenLabel;
      readonly subject?: string;
      readonly forMs?: number;
    }
  | { readonly action: 'stop'; readonly subject?: string }
  /** Readings of the past have the label: of a time, or all that are held back. */
  | {
      readonly action: 'last';
      readonly label: GivenLabel;
      readonly subject?: string;
      readonly forMs?: number;
    };

/** The fields of a message that say something about labels. */
export interface LabelFields {
  readonly action?: unknown;
  readonly label?: unknown;
  readonly subject?: unknown;
  readonly seconds?: unknown;
}

const longestLabel = 200;
/** A day. */
const mostSeconds = 86_400;

/**
 * The action of a message. Undefined if it has none, and is a reading.
 * @throws FtteError `message-invalid` naming the field, what came and what was expected
 */
export function readLabelAction(fields: LabelFields): LabelAction | undefined {
  const { action } = fields;
  if (action === undefined || action === null || action === '') return undefined;
  const subject = subjectOf(fields.subject);
  const whose = subject === undefined ? {} : { subject };
  if (action === 'stop') return { action, ...whose };
  if (action !== 'start' && action !== 'last')
    throw wrong('action', action, `one of ${labelActions.join(', ')}`);
  const forMs = timeOf(fields.seconds);
  return { action, label: labelOf(fields.label), ...whose, ...(forMs !== undefined && { forMs }) };
}

/** The subject of a reading, as far as it can be read: the window node reports one that cannot. */
export function subjectOfReading(value: unknown): string | undefined {
  return typeof value === 'boolean' || value === '' ? undefined : textOf(value);
}

function subjectOf(value: unknown): string | undefined {
  const subject = subjectOfReading(value);
  if (subject === undefined && value !== undefined && value !== null && value !== '')
    throw wrong('subject', value, 'a text or a number, or nothing for all');
  return subject;
}

function labelOf(value: unknown): GivenLabel {
  const text = textOf(value);
  const isUsable = text !== undefined && text !== '' && text.length <= longestLabel;
  if (isUsable && typeof value === 'string') return text;
  if (isUsable && (typeof value === 'number' || typeof value === 'boolean')) return value;
  throw wrong('label', value, `a text of 1 to ${longestLabel} letters, a number or a boolean`);
}

function timeOf(value: unknown): number | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const seconds = typeof value === 'string' ? Number(value.trim() || Number.NaN) : value;
  if (typeof seconds === 'number' && seconds > 0 && seconds <= mostSeconds) return seconds * 1000;
  throw wrong('seconds', value, `a number above 0, up to ${mostSeconds}`);
}

const wrong = (field: string, got: unknown, expected: string) =>
  new FtteError('message-invalid', `msg.${field} is ${describeValue(got)}, expected ${expected}`, { field });

import { FtteError } from '../platform';

/** Reasons for which bytes from outside are dropped before any role sees them. */
export const dropReasons = [
  'oversize',
  'not-cbor',
  'too-deep',
  'version',
  'federation',
  'type',
  'field',
  'topic',
  'plan',
  'term',
  'chunk',
  'security',
] as const;

/** One of `dropReasons`. */
export type DropReason = (typeof dropReasons)[number];

/**
 * The error for bytes that are not a message. `details.reason` is the `DropReason`; `details.sender`, `details.type`
 * and `details.id` are there when that much could be read, so that the sender can get an answer.
 */
export function messageInvalid(
  reason: DropReason,
  message: string,
  about: { sender?: string; type?: string; id?: string; field?: string } = {},
): FtteError {
  const known = Object.entries(about).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return new FtteError('message-invalid', message, { reason, ...Object.fromEntries(known) });
}

/** The reason inside a `message-invalid` error; undefined for every other error. */
export function dropReasonOf(error: unknown): DropReason | undefined {
  if (!(error instanceof FtteError) || error.code !== 'message-invalid') return undefined;
  return dropReasons.find((reason) => reason === error.details['reason']);
}

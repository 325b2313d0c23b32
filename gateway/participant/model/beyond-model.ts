import type { Segment } from '../../model';
import { FtteError } from '../../platform';

/** The error for a change that reaches beyond the last parameter of the model. Undefined if it does not. */
export function beyondModel(what: string, segments: readonly Segment[], size: number): FtteError | undefined {
  const last = segments.at(-1);
  const reached = last ? last.offset + last.length : 0;
  if (reached <= size) return undefined;
  return new FtteError(
    'message-invalid',
    `${what} reaches parameter ${reached}, expected at most the ${size} of the model`,
  );
}

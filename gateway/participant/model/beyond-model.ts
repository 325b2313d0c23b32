import type { Segment } from '../../model';
import { FtteError } from '../../platform';

/** What is wrong with a change that reaches beyond the model's last parameter; undefined: nothing. */
export function beyondModel(what: string, segments: readonly Segment[], size: number): FtteError | undefined {
  const last = segments.at(-1);
  const reached = last ? last.offset + last.length : 0;
  if (reached <= size) return undefined;
  return new FtteError('message-invalid', `${what} reaches parameter ${reached}, the model has ${size}`);
}

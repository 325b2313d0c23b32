import { asError, FtteError } from '../../../gateway/platform';
import { inDialogWords } from './field-label';
import { type Translator, translate } from './translate';

/**
 * The error for Catch nodes of anything that is thrown in a node: it has our literal `code`, fields are called as in the
 * dialog, and the text of `ftte-federation.error.<code>` is around the message if the catalog has one. Only the English one
 * has such texts; the others have sentences about all notices.
 * @param type of the node
 */
export function nodeError(RED: Translator, type: string, thrown: unknown): Error {
  if (!(thrown instanceof FtteError)) return asError(thrown);
  const error = inDialogWords(RED, type, thrown);
  const key = `ftte-federation.error.${error.code}`;
  const text = translate(RED, key, { message: error.message }, true);
  if (text === undefined) return error;
  return new FtteError(error.code, text, error.details, { cause: thrown });
}

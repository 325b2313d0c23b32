import { FtteError } from '../../../gateway/platform';
import { type Translator, translate } from './translate';

/**
 * The error of a wrong setting in the words of the dialog: `Address: expected ...` instead of `url: expected ...`. A setting
 * inside a field keeps its place: `Channels › 2 › spread`.
 * @param type of the node whose dialog has the field
 */
export function inDialogWords(RED: Translator, type: string, error: FtteError): FtteError {
  const { field } = error.details;
  if (typeof field !== 'string' || !error.message.startsWith(`${field}: `)) return error;
  const name = fieldName(RED, type, field.split('.'));
  if (name === undefined) return error;
  const text = `${name}${error.message.slice(field.length)}`;
  return new FtteError(error.code, text, error.details, { cause: error.cause ?? error });
}

function fieldName(RED: Translator, type: string, path: readonly string[]): string | undefined {
  for (let length = path.length; length > 0; length--) {
    const name = labelOf(RED, type, path.slice(0, length).join('_'));
    if (name === undefined) continue;
    // Lists are shown from 1.
    const rest = path.slice(length).map((part) => (/^\d+$/.test(part) ? String(Number(part) + 1) : part));
    return [name, ...rest].join(' › ');
  }
  return undefined;
}

/** The label of a field: of its own if its row has another name, else of its row. */
function labelOf(RED: Translator, type: string, field: string): string | undefined {
  return (
    translate(RED, `${type}.field.${field}`) ??
    translate(RED, `${type}.label.${field}`) ??
    translate(RED, `ftte-federation.label.${field}`, {}, true)
  );
}

/* What the check of broker and machine found, in the language of the editor. */
import { count } from '../dialogs/in-language.mjs';
import { explained } from '../dialogs/words.mjs';

const RED = window.RED;

/** A finding in words, and what to do; the latter is undefined if there is nothing. @param text gives the words of a key */
export function findingWords({ check, code, values, adviceCode }, text) {
  const name = text(`diagnosis.check.${check.replaceAll(' ', '-')}`);
  // Numbers are amounts; ports, versions and names come as texts.
  const shown = Object.entries(values).map(([key, value]) => [
    key,
    typeof value === 'number' ? count(value) : value,
  ]);
  return {
    words: `${name}: ${text(`diagnosis.found.${code}`, Object.fromEntries(shown))}`,
    advice: adviceCode && text(`diagnosis.advice.${adviceCode}`),
  };
}

/**
 * Says why nothing could be checked: what is wrong with the setting that the runtime names, as its field says it.
 * @param asked the settings that the runtime was asked about
 */
export function problemWords({ code, text: detail, field, reason }, asked, text) {
  const invitation = `status.out-${reason}`;
  // A key that a catalog lacks comes back.
  if (reason && !text(invitation).endsWith(invitation))
    return `${text('label.invitation')}: ${text(invitation)}`;
  const wrong = field && wrongOf(field, asked, text);
  return wrong ? `${text(`label.${field}`)}: ${wrong}` : explained(code, detail);
}

function wrongOf(field, asked, text) {
  if (field === 'user' || field === 'password') return text('error.login');
  const { validate } = RED.nodes.getType('ftte-federation').defaults[field] ?? {};
  const verdict = validate?.call(RED.editor.getEditStack().at(-1), asked[field] ?? '', {});
  return typeof verdict === 'string' ? verdict : undefined;
}

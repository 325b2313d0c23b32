/* Settings that cannot go with each other, in the words of their fields. */
import { count, oneOf } from '../dialogs/in-language.mjs';
import { sentenceOf } from '../dialogs/words.mjs';
import { fieldAt, placeOf } from './rows/index.mjs';

/**
 * The sentence about two settings that cannot go with each other: both by their labels and options, and what is possible.
 * @param clash as the runtime gives it: `field`, `got`, `allowed`, `with`
 * @param detail the text of the runtime, which is English: its reason is added where the dialog is in English
 */
export function clashText({ field, got, allowed, with: other }, detail, text) {
  const place = placeOf(fieldAt(field));
  const words = {
    ...{
      tab: text(`tab.${place.tab}`),
      label: text(`label.${place.label}`),
      value: wordsOfValue(field, got, text),
    },
    otherLabel: text(`label.${placeOf(fieldAt(other.field)).label}`),
    otherValue: wordsOfValue(other.field, other.value, text),
    allowed: Array.isArray(allowed)
      ? oneOf(allowed.map((value) => text('clash.quoted', { value: wordsOfValue(field, value, text) })))
      : oneOf([...(allowed.auto ? [text('placeholder.auto')] : []), text(rangeKey(allowed), allowed)]),
  };
  const isEnglish = sentenceOf('task-invalid') === '';
  const [, why] = isEnglish ? (/, got [^:]*: (.*)/.exec(detail) ?? []) : [];
  return text('clash.text', words) + (why ? ` (${why})` : '');
}

/** A value as its field shows it: an option by its words. */
function wordsOfValue(path, value, text) {
  const field = fieldAt(path);
  const option = value === true ? 'yes' : value;
  if (field?.group) return text(`${field.group}.${option}`);
  return typeof value === 'number' ? count(value, 6) : option;
}

const rangeKey = ({ least, most }) =>
  least === undefined ? 'clash.most' : most === undefined ? 'clash.least' : 'clash.range';

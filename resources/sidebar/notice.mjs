/* What a code means, in the language of the editor. */
import { sentenceOf } from '../dialogs/words.mjs';
import { element } from './elements.mjs';

/**
 * A notice: its sentence, below which the text of the runtime, which is English, opens on demand; in English that text alone, except
 * for a cause.
 * @param about name that the sentence is about, which the English text has by itself
 * @param cause why storage fails, if the runtime knows it
 */
export function notice(code, detail, about, cause) {
  const sentence = sentenceOf(code, cause);
  if (!sentence) return element('span', {}, detail);
  return element(
    'details.ftte-notice',
    {},
    element('summary', {}, about ? `${about}: ${sentence}` : sentence),
    element('span', { lang: 'en' }, detail),
  );
}

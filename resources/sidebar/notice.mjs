/* What a code means, in the language of the editor. */
import { sentenceOf } from '../dialogs/words.mjs';
import { element } from './elements.mjs';
import { text } from './words.mjs';

/**
 * A notice in words: its sentence, or in English the text of the runtime, except for a cause. Below it open on demand the code, by which
 * docs/troubleshooting.md has it, and the text of the runtime, which is English.
 * @param about name that the sentence is about, which the English text has by itself
 * @param cause why storage fails, if the runtime knows it
 */
export function notice(code, detail, about, cause) {
  const sentence = sentenceOf(code, cause);
  const words = sentence && about ? text('aboutOne', { about, sentence }) : sentence || detail;
  const below = [text('code'), ' ', element('code', {}, code)];
  return element(
    'details.ftte-notice',
    {},
    element('summary', {}, words),
    ...(sentence ? [element('span', { lang: 'en' }, detail), ' '] : []),
    element('span.ftte-code', {}, ...below),
  );
}

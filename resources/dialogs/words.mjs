/* Words of the catalogs. */
import { inNumber } from './plural.mjs';

const RED = window.RED;

/** The catalog with the words that all nodes share. */
const shared = '@ftte/node-red-ftte/ftte-federation:ftte-federation';

/**
 * Gives what a code means and what to do, in the language of the editor. It is empty in English, where the text of the runtime says
 * it, except for a cause.
 * @param cause why storage fails, if the runtime knows it
 */
export function sentenceOf(code, cause) {
  return (cause && wordsAt(`storage.${cause}`)) || wordsAt(`notice.${code}`);
}

/** The shared words of a key; empty if the catalog lacks it: the key comes back then. */
function wordsAt(key) {
  const words = RED._(`${shared}.${key}`);
  return words.endsWith(key) ? '' : words;
}

/** Puts the sentence of a code, in the language of the editor, before the text of the runtime, which is English. */
export function explained(code, detail, cause) {
  const sentence = sentenceOf(code, cause);
  return sentence ? `${sentence} (${detail})` : detail;
}

/** Gives what the runtime has answered to a request that failed; empty if nothing. */
export const reasonOf = ({ responseJSON: { code, text, cause } = {} }) =>
  text ? explained(code, text, cause) : '';

/** Gives the words of a key: those of the node, or those that all nodes share. */
export function wordsOf(type) {
  return (key, values) => {
    const own = RED._(`@ftte/node-red-ftte/${type}:${type}.${key}`, values);
    // A key that a catalog lacks comes back.
    return counting(own.endsWith(`${type}.${key}`) ? RED._(`${shared}.${key}`, values) : own);
  };
}

/** A text with the forms that its numbers ask for. */
export const counting = (words) => inNumber(words, () => wordsAt('language') || 'en');

/* The words of the sidebar, and numbers as people read them. */
import { clockTime, count, fixed, significant } from '../dialogs/in-language.mjs';
import { counting, wordsOf } from '../dialogs/words.mjs';

export { clockTime, count };

const catalog = '@ftte/node-red-ftte/ftte-sidebar:ftte-sidebar';

/** Texts that were made, by key and values: a message says the same of most gateways as the one before. */
const made = new Map();
const mostMade = 1000;

/** The text of a key. */
export function text(key, values) {
  const name = values ? `${key}\0${Object.values(values).join('\0')}` : key;
  let words = made.get(name);
  if (words === undefined) {
    words = counting(window.RED._(`${catalog}.${key}`, values));
    if (made.size >= mostMade) made.clear();
    made.set(name, words);
  }
  return words;
}

/** Words of a status that are counts, and may be large. A version is a name. */
const counted = ['samples', 'updates', 'missing'];

/** The text of a status as its node shows it, with counts in the language of the editor. */
export function lookText(kind, look) {
  if (!look) return '';
  const words = Object.entries(look.words ?? {}).map(([name, word]) => [
    name,
    counted.includes(name) ? count(word) : word,
  ]);
  const textOf = wordsOf(kind === 'coordinator' ? 'ftte-coordinate' : 'ftte-train');
  return textOf(`status.${look.key}`, Object.fromEntries(words));
}

/** A share or a loss: four digits are more than anybody compares. */
export const decimal = (value) =>
  value === null || value === undefined
    ? '–'
    : Math.abs(value) >= 100
      ? count(value)
      : significant(value, 3, 3);

/** A mark of an axis whose range is 0 to 1. */
export const share = (value) => fixed(value, 2);

export const percent = (share) => (share === null || share === undefined ? '–' : `${count(share * 100)} %`);

/** A size in steps of 1024. */
export function bytes(size) {
  if (size === null || size === undefined) return '–';
  if (size < 1024) return `${size} B`;
  const isLarge = size >= 1024 * 1024;
  const value = size / (isLarge ? 1024 * 1024 : 1024);
  return `${fixed(value, value < 10 ? 1 : 0)} ${isLarge ? 'MB' : 'KB'}`;
}

/** A length of time in its two largest digits. */
export function duration(ms) {
  if (ms === null || ms === undefined) return '–';
  const seconds = ms / 1000;
  if (seconds < 10) return `${fixed(seconds, 1)} s`;
  if (seconds < 100) return `${fixed(seconds, 0)} s`;
  if (seconds < 6000) return `${Math.round(seconds / 60)} min`;
  if (seconds < 360_000) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

/** A time before now, rough enough not to change each second. */
export const ago = (ms) =>
  ms < 10_000 ? text('now') : text('ago', { time: duration(Math.floor(ms / 10_000) * 10_000) });

/* The words of the sidebar, and numbers as people read them. */
import { wordsOf } from '../dialogs/words.mjs';

const catalog = '@ftte/node-red-ftte/ftte-sidebar:ftte-sidebar';

/** Texts that were made, by key and values: a message says the same of most gateways as the one before. */
const made = new Map();
const mostMade = 1000;

/** The text of a key. */
export function text(key, values) {
  const name = values ? `${key}\0${Object.values(values).join('\0')}` : key;
  let words = made.get(name);
  if (words === undefined) {
    words = window.RED._(`${catalog}.${key}`, values);
    if (made.size >= mostMade) made.clear();
    made.set(name, words);
  }
  return words;
}

/** The text of a status as its node shows it. */
export const lookText = (kind, look) =>
  look
    ? wordsOf(kind === 'coordinator' ? 'ftte-coordinate' : 'ftte-train')(`status.${look.key}`, look.words)
    : '';

/** A share or a loss: four digits are more than anybody compares. */
export const decimal = (value) =>
  value === null || value === undefined
    ? '–'
    : Math.abs(value) >= 100
      ? value.toFixed(0)
      : value.toPrecision(3);

export const percent = (share) =>
  share === null || share === undefined ? '–' : `${Math.round(share * 100)} %`;

/** A size in steps of 1024. */
export function bytes(count) {
  if (count === null || count === undefined) return '–';
  if (count < 1024) return `${count} B`;
  const isLarge = count >= 1024 * 1024;
  const value = count / (isLarge ? 1024 * 1024 : 1024);
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ${isLarge ? 'MB' : 'KB'}`;
}

/** A length of time in its two largest digits. */
export function duration(ms) {
  if (ms === null || ms === undefined) return '–';
  const seconds = ms / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 100) return `${seconds.toFixed(0)} s`;
  if (seconds < 6000) return `${Math.round(seconds / 60)} min`;
  if (seconds < 360_000) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

/** A time before now, rough enough not to change each second. */
export const ago = (ms) =>
  ms < 10_000 ? text('now') : text('ago', { time: duration(Math.floor(ms / 10_000) * 10_000) });

export const clockTime = (ms) => new Date(ms).toLocaleTimeString();

import type { NodeAPI } from 'node-red';
import { inNumber } from './plural';

/** The catalog with the words that all nodes share. */
const sharedCatalog = '@ftte/node-red-ftte/ftte-federation';

export type Words = Readonly<Record<string, string | number>>;

/** The part of `RED` that translates. */
export type Translator = Pick<NodeAPI, '_'>;

/**
 * The text of `key` in the node's own catalog (or, with `shared`, in the one that all nodes share); undefined if the
 * catalog lacks it. i18next answers a missing key with the key itself.
 */
export function translate(
  RED: Translator,
  key: string,
  words: Words = {},
  shared = false,
): string | undefined {
  const fullKey = shared ? `${sharedCatalog}:${key}` : key;
  const text: unknown = RED._(fullKey, { ...words });
  if (typeof text !== 'string' || text === key || text === fullKey || text === '') return undefined;
  return inNumber(text, () => translate(RED, 'ftte-federation.language', {}, true) ?? 'en');
}

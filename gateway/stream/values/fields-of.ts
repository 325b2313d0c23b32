import { cut } from '../../platform';

/** The names of an object's fields for an error; only the first few if there are many. */
export function fieldsOf(value: object, most = 8): string {
  const keys = Object.keys(value);
  const shown = keys
    .slice(0, most)
    .map((key) => cut(key, 40))
    .join(', ');
  return keys.length > most ? `${shown}, ...` : shown || 'no fields';
}

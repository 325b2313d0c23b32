/** The names of an object's fields for an error; only the first few if there are many. */
export function fieldsOf(value: object, most = 8): string {
  const keys = Object.keys(value);
  const shown = keys.slice(0, most).map(shortened).join(', ');
  return keys.length > most ? `${shown}, ...` : shown || 'no fields';
}

function shortened(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}

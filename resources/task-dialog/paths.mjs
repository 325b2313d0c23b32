/* Places in a task: `a.b.c` in nested objects. */

export const get = (object, path) =>
  path.split('.').reduce((at, key) => (at == null ? undefined : at[key]), object);

/** Sets a value, and makes the objects on the way that are missing. */
export function set(object, path, value) {
  const keys = path.split('.');
  const last = keys.pop();
  let at = object;
  for (const key of keys) {
    at[key] = at[key] || {};
    at = at[key];
  }
  at[last] = value;
}

export function remove(object, path) {
  const keys = path.split('.');
  const last = keys.pop();
  const at = keys.length > 0 ? get(object, keys.join('.')) : object;
  if (at) delete at[last];
}

/* A field of a row: see `rows/index.mjs`. */

export const number = (id, path, more) => ({ id, path, kind: 'number', ...more });
/** Options without a group of words are shown as they are. */
export const choice = (id, path, group, options, more) => ({
  id,
  path,
  kind: 'choice',
  group,
  options,
  ...more,
});

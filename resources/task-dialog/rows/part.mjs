/* A field of a row; `rows/index.mjs` says what is said of one. */

/** A condition on a field: something is in it. */
export const filled = Symbol('filled');

export const number = (id, path, more) => ({ id, path, ...more });
/** Options without a group of words are shown as they are. */
export const choice = (id, path, group, options, more) => ({ id, path, group, options, ...more });

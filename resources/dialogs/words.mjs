/* Words of the catalogs. */

const RED = window.RED;

/** The catalog with the words that all nodes share. */
const shared = '@ftte/node-red-ftte/ftte-federation:ftte-federation';

/** Gives the words of a key: those of the node, or those that all nodes share. */
export function wordsOf(type) {
  return (key, values) => {
    const own = RED._(`@ftte/node-red-ftte/${type}:${type}.${key}`, values);
    // A key that a catalog lacks comes back.
    return own.endsWith(`${type}.${key}`) ? RED._(`${shared}.${key}`, values) : own;
  };
}

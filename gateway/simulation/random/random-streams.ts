import { keyBytes, SeededRandom } from '../../platform';

/**
 * The random stream of one purpose: the seed mixed with the purpose's name (FNV-1a). Each purpose has its own stream, so
 * that one more draw for one purpose changes nothing for another.
 */
export function randomStream(seed: number, name: string): SeededRandom {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return new SeededRandom((Math.imul(seed, 0x9e3779b1) ^ hash) >>> 0);
}

/** Keys of the noise of a role. They repeat with the seed, which nobody in use may do. */
export function keysOf(seed: number, role: string | number): () => Uint8Array {
  const random = randomStream(seed, `privacy/${role}`);
  return () => Uint8Array.from({ length: keyBytes }, () => random.integer(256));
}

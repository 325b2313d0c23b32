import { SeededRandom } from '../../platform';

/**
 * A stream of random numbers of its own for each purpose, so that one more draw here changes nothing there: the seed
 * mixed with the name (FNV-1a).
 */
export function stream(seed: number, name: string): SeededRandom {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return new SeededRandom((Math.imul(seed, 0x9e3779b1) ^ hash) >>> 0);
}

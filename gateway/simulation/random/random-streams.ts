import { SeededRandom } from '../../platform';

/**
 * The random stream of one purpose: the seed mixed with the purpose's name (FNV-1a). Each purpose has its own stream, so
 * that one more draw for one purpose changes nothing for another.
 */
export function randomStream(seed: number, name: string): SeededRandom {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return new SeededRandom((Math.imul(seed, 0x9e3779b1) ^ hash) >>> 0);
}

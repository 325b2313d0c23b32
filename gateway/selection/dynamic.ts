import { SeededRandom, shuffle } from '../platform';
import { rankedStrategy } from './ranking';

/** Odd, so that versions never fall together; by the golden ratio, so that neighbouring seeds' versions do not either. */
const versionStep = 0x9e3779b1;

/**
 * Input channels of all layers, drawn anew each version until the budget is full, after TraDy (2510.19675) without its
 * scores: over the versions every parameter is reached. Seed and version alone give the draw, on every gateway.
 */
export const dynamic = rankedStrategy(
  (units, { seed, version }) => {
    return shuffle(units, new SeededRandom(seed + Math.imul(version + 1, versionStep)));
  },
  { perVersion: true },
);

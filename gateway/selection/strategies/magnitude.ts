import { rankedStrategy } from './ranking';
import { normScore } from './scores';
import { byScore } from './units';

/**
 * The input channels of all layers whose initial slices have the largest L2 norm for their bytes. From a random start,
 * features must be trained: at He initialisation this begins with the small early kernels and cuts into the wide ones,
 * where "the last layers only" would keep the features random.
 */
export const magnitude = rankedStrategy((units, input) => {
  const norm = normScore(input);
  return byScore(units, (unit) => norm(unit) / unit.size);
});

import { rankedStrategy } from './ranking';
import { byScore, sliceNorm, sliceSize } from './slices';

/**
 * The input channels of all layers whose initial slices have the largest L2 norm for their bytes. From a random start,
 * features must be trained: at He initialisation this begins with the small early kernels and cuts into the wide ones,
 * where "the last layers only" would keep the features random.
 */
export const magnitude = rankedStrategy((units, { layout, parameters }) =>
  byScore(units, (unit) => sliceNorm(layout, unit, parameters) / sliceSize(layout, unit)),
);

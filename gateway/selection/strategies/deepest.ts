import { rankedStrategy } from './ranking';
import { normScore } from './scores';
import { byScore } from './units';

/**
 * From the output backwards, layer by layer, in a layer the input channels of the largest norm first. Backward ends at
 * the deepest trained layer, so this is the cheapest in time too. For models that start with trained features: from a
 * random start, the features below would stay random.
 */
export const deepest = rankedStrategy((units, input) =>
  byScore(units, normScore(input)).sort((a, b) => b.tensor - a.tensor),
);

import { rankedStrategy } from './ranking';
import { byScore, sliceNorm } from './slices';

/**
 * From the output backwards, layer by layer, in a layer the input channels of the largest norm first. Backward ends at
 * the deepest trained layer, so this is the cheapest in time too. For models that start with trained features: from a
 * random start, the features below would stay random.
 */
export const deepest = rankedStrategy((units, { layout, parameters }) =>
  byScore(units, (unit) => sliceNorm(layout, unit, parameters)).sort((a, b) => b.tensor - a.tensor),
);

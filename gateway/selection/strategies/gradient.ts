import { magnitude } from './magnitude';
import { rankedStrategy } from './ranking';
import { gradientScore } from './scores';
import type { SelectionStrategy } from './strategy';
import { byScore, unitBytes } from './units';

const byGradient = rankedStrategy((units, input) => {
  const score = gradientScore(input) ?? (() => 0);
  return byScore(units, (unit) => score(unit) / unitBytes(input.model, input.layout, input.optimiser, unit));
});

/**
 * The input channels with the largest reweighted gradient norm, ||dL/dW_c|| over the bytes that training them takes
 * (TraDy, 2510.19675, section 3). Until gradients have been measured: `magnitude`.
 */
export const gradient: SelectionStrategy = {
  propose: (input) => (gradientScore(input) ? byGradient : magnitude).propose(input),
};

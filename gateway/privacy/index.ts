/** The mathematics of differential privacy: what was spent, and how much noise a budget asks for. */
export { type NoiseRequest, noiseFor, noiseInSteps, spentEpsilon, spentInSteps } from './accountant';
export { composedMu, concentratedEpsilon, gaussianDelta, gaussianEpsilon, gaussianMu } from './gaussian';
export { renyiEpsilon } from './renyi';
export type { SampledSteps } from './sampled-gaussian';

/** The mathematics of differential privacy: what was spent, and how much noise a budget asks for; and the file of what was spent. */
export { type NoiseRequest, noiseFor, noiseInSteps, spentEpsilon, spentInSteps } from './accountant';
export { bandNorm, inverseSeries, rootCoefficients, type SummedNoise, summedNoise } from './correlated-noise';
export { composedMu, concentratedEpsilon, gaussianDelta, gaussianEpsilon, gaussianMu } from './gaussian';
export { AppendLedger, type AppendLedgerOptions } from './ledger/append-ledger';
export { renyiEpsilon } from './renyi';
export type { SampledSteps } from './sampled-gaussian';

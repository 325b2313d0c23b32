/** Predictions with the newest model: labels, forecasts and anomalies. */
export type * from './answers';
export { adaptModel, changeBy } from './personal/adapt';
export { adoptAbove, canJudge, isBetter, labelsOf } from './personal/gate';
export { mixed } from './personal/mixture';
export * from './personal/personal-model';
export type * from './personal/personal-report';
export { overlapOf, splitsByTime } from './personal/split-by-time';
export * from './predictor';

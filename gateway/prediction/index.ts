/** Predictions with the newest model: labels, forecasts and anomalies. */
export type * from './answers';
export * from './predictor';

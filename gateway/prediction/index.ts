/** What a gateway says with the newest model: labels, forecasts, and whether a window is out of the ordinary. */
export type * from './answers';
export * from './predictor';

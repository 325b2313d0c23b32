/** Rows, which are assembled from the values of messages and completed with earlier values. */
export * from './change-rows';
export * from './held-values';
export * from './partial-rows';

/** Rows: put together from what messages bring, and completed with what was known before. */
export * from './change-rows';
export * from './held-values';
export * from './partial-rows';

/** One value, one label, one row: what messages bring, read into numbers. */
export * from './fields-of';
export * from './read-label';
export * from './read-row';
export * from './read-value';
export * from './reading';
export * from './repeats';
export * from './scale-guard';

/** Values, labels and rows of messages, converted to numbers. */
export * from './chosen-channels';
export * from './field-hint';
export * from './fields-of';
export * from './no-value-guard';
export * from './read-category';
export * from './read-label';
export * from './read-row';
export * from './read-value';
export * from './reading';
export * from './repeats';
export * from './scale-guard';
export * from './stuck-channels';
export * from './two-levels';

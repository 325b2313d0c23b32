/** Mathematics of judging a model: from counts and errors to figures. It knows no task, no engine and no files. */
export * from './classification';
export * from './detection';
export * from './interval';
export * from './people';
export * from './persistence';
export * from './score-histogram';

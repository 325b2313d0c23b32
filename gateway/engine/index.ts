/** The tiny training engine: a model and a plan compiled into kernel calls over one arena, in a thread of its own. */
export * from './create-engine';
export * from './engine';
export * from './worker';

/** The tiny training engine: a model and a plan compiled into kernel calls over one arena, in a thread of its own. */

export * from './interface/checks';
export * from './interface/engine';
export * from './program/create-engine';
export * from './worker';

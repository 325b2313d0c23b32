/** The tiny training engine: a model and a plan compiled into kernel calls over one arena, in a thread of its own. */

export * from './augmentation';
export * from './interface/checks';
export * from './interface/engine';
export * from './interface/sample-order';
export { windowFeatures } from './kernels/features/window-features';
export * from './program/create-engine';
export * from './worker';

/** Everything that works without Node-RED: the headless face of the package. */

export * from './coordinator';
export * from './engine';
export * from './interchange';
export * from './model';
export * from './participant';
export * from './platform';
export * from './prediction';
export * from './selection';
export * from './session';
export * from './stream';
export * from './task';
export * from './transport';
export * from './wire';

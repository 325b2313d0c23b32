/** What a federation learns: the task a person writes, its model, its parameters, and the plans that choose among them. */
export * from './core';
export * from './fingerprint';
export * from './kind';
export * from './layers';
export * from './schema';
export * from './task';

/** What a federation learns: the task that a person writes, its kinds and its presets. */
export * from './fingerprint';
export * from './kind';
export * from './presets';
export * from './schema';
export * from './task';

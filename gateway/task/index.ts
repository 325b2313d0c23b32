/** The task of a federation as a person writes it, its kinds and its presets. */
export { carryOver, type KeptLayers, keptLayers } from './carry-over';
export * from './fingerprint';
export * from './kind';
export * from './presets';
export * from './schema';
export * from './task';

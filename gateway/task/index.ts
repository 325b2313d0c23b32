/** The task of a federation as a person writes it, its kinds and its presets. */
export { type CarriedLayers, carriedLayers, carryOver } from './carry-over';
export * from './fingerprint';
export * from './kind';
export * from './presets';
export * from './schema';
export * from './task';

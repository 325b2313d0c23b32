/** From readings to windows to samples, and recordings to play them from. */
export * from './check-window';
export { normalise, type Scaling } from './normalise';
export { type ReadingContext, readLabel } from './readings/read-row';
export * from './readings/reading';
export * from './sample';
export * from './sample-store';
export * from './sources';
export * from './windower';
export * from './windower-types';

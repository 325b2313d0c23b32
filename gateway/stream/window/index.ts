/** Windows: they are cut from streams, and validated if they come from elsewhere. */
export * from './check-window';
export { completeRows } from './complete-rows';
export { normalise, type Scaling } from './normalise';
export { PersonScales } from './person-scale';
export { type StreamKey, streamKeys } from './stream-keys';
export * from './windower';
export * from './windower-types';

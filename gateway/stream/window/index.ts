/** Windows: what is cut from streams, and what is checked of those that come from elsewhere. */
export * from './check-window';
export { normalise, type Scaling } from './normalise';
export { type StreamKey, streamKeys } from './stream-keys';
export * from './windower';
export * from './windower-types';

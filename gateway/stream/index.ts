/** From readings to windows to samples, and recordings to play them from. */
export * from './check-window';
export * from './reading';
export * from './sample';
export * from './sample-store';

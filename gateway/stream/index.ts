/** From readings to windows to samples. Pure. */
export * from './sample';

/** Times of readings: they are read, converted to milliseconds, and checked. */
export * from './batch-time';
export * from './duration';
export * from './rate-meter';
export * from './read-time';
export * from './time-unit';

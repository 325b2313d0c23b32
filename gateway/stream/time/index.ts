/** Times of readings: they are read, converted to milliseconds, and checked. */

export * from './arrival-rate';
export * from './backward-times';
export * from './batch-time';
export * from './duration';
export * from './iso-8601';
export * from './other-clocks';
export * from './rate-meter';
export * from './read-time';
export * from './shifted-clock';
export * from './sparse-rate';
export * from './standing-clock';
export * from './time-unit';
export * from './timed-arrivals';

/** Times of readings: read, brought to milliseconds, and judged. */
export * from './batch-time';
export * from './duration';
export * from './rate-meter';
export * from './read-time';
export * from './time-unit';

/** The line of equal periods that a stream's rows have their places on. */
export * from './time-line';

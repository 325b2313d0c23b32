/** The time line: equal periods, each with a place for one row of a stream. */
export * from './time-line';

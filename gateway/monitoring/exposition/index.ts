/** The text format of Prometheus: which metrics there are, and how their values are written. */
export * from './histogram';
export * from './metric';
export * from './metric-set';

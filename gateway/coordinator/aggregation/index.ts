/** Rules that combine the contributions of a buffer into one pseudo-gradient. */
export * from './aggregator';
export * from './damping';
export * from './pseudo-gradient';
export * from './rules';
export * from './steps';
export * from './weights';

/** Sums over what roles report, in bounded memory. */
export * from './coordinator-tally';
export * from './gateway-tally';
export * from './notice-tally';

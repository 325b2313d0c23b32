/** One gateway's conversation in a federation: typed messages over a transport, checked at one door. */

export * from './session';
export * from './session-types';
export * from './subscription-group';
export { requireName } from './topics';

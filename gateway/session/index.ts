/**
 * The conversation of one gateway with a federation: typed messages over a transport, each validated when it arrives.
 */

export * from './repairs';
export * from './session';
export * from './session-types';
export * from './subscription-group';
export { filterOf, readTopic, requireName, topicOf } from './topics';

/** How bytes travel: one interface; in memory, over MQTT, and a broker of our own. */
export type { BackoffOptions } from './backoff';
export * from './hosted-broker';
export * from './memory-broker';
export * from './memory-transport';
export { type BrokerTrouble, troubleOf } from './mqtt-errors';
export * from './mqtt-transport';
export { topicMatches } from './topics';
export * from './transport';

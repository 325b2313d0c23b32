/** How bytes travel: one interface; in memory, over MQTT, and a broker of our own. */

export * from './hosted/hosted-broker';
export * from './memory/memory-broker';
export * from './memory/memory-transport';
export { type BrokerTrouble, troubleOf } from './mqtt/mqtt-errors';
export * from './mqtt/mqtt-transport';
export { topicMatches } from './shared/topics';
export * from './shared/transport';

/** How bytes travel: one interface; in memory, over MQTT, and a broker of our own. */
export * from './memory-broker';
export * from './memory-transport';
export { topicMatches } from './topics';
export * from './transport';

/** How bytes travel: one interface; in memory, over MQTT, and a broker of our own. */
export * from './transport';

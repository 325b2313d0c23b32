/** Transport of bytes: one interface, implementations in memory and over MQTT, and a hosted broker. */

export * from './hosted/hosted-broker';
export * from './memory/memory-broker';
export * from './memory/memory-transport';
export { largestPayload, packetOverhead } from './mqtt/broker-capabilities';
export { type BrokerLimits, MqttConnection } from './mqtt/mqtt-connection';
export { type BrokerTrouble, troubleOf } from './mqtt/mqtt-errors';
export * from './mqtt/mqtt-transport';
export { topicMatches } from './shared/topics';
export * from './shared/transport';

/** Transport of bytes: one interface, implementations in memory and over MQTT, and a hosted broker. */

export { type AccessRulesOptions, emqxRules, mosquittoRules } from './hosted/access-rules';
export { isLoopback } from './hosted/address';
export type { BrokerCounts } from './hosted/broker-reports';
export type { BrokerUser } from './hosted/broker-users';
export * from './hosted/hosted-broker';
export type { Credential, MemberLogins } from './hosted/logins';
export type { ServerCertificate } from './hosted/server-certificate';
export { type MemberRole, rightsTable, type TopicRight, TopicRights } from './hosted/topic-rights';
export * from './memory/memory-broker';
export * from './memory/memory-transport';
export { largestPayload, packetOverhead } from './mqtt/broker-capabilities';
export { type BrokerLimits, MqttConnection } from './mqtt/mqtt-connection';
export { type BrokerTrouble, troubleOf } from './mqtt/mqtt-errors';
export * from './mqtt/mqtt-transport';
export { topicMatches } from './shared/topics';
export * from './shared/transport';

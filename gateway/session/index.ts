/**
 * The conversation of one gateway with a federation: typed messages over a transport, each validated when it arrives.
 */

export {
  CoordinatorProtection,
  type CoordinatorProtectionOptions,
  codeOfRefused,
  type RefusedGateway,
} from './protection/coordinator-protection';
export { GatewayProtection, type GatewayProtectionOptions } from './protection/gateway-protection';
export { LaterProtection } from './protection/later-protection';
export {
  type MessageProtection,
  type ProtectionLink,
  plainProtection,
} from './protection/message-protection';
export * from './repairs';
export * from './session';
export * from './session-types';
export * from './subscription-group';
export { filterOf, readTopic, requireName, topicOf } from './topics/topics';

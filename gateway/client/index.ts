/** The front door: a gateway or a coordinator as one object with one start and one stop. */
export { type BrokerOption, type HostedBrokerSettings, isSameBroker } from './broker';
export { Connection, type ConnectionOptions, clientIdOf } from './connection';
export type { CoordinatorSettings, PartOf } from './coordinator-settings';
export { createCoordinator, FederationCoordinator } from './federation-coordinator';
export { FederationMember, joinFederation } from './federation-member';
export type { InvitedMemberSettings, MemberSettings } from './member-settings';
export type { BrokerAddress } from './membership/broker-address';
export { authorityOf, brokerTrust } from './membership/broker-trust';
export {
  CoordinatorMembership,
  coordinatorFiles,
  type FederationMemberEntry,
  hasMembers,
  type InvitationSettings,
  type OpenInvitation,
} from './membership/coordinator-membership';
export { type GatewayFacts, type GatewayFactsOptions, gatewayFacts } from './membership/gateway-facts';
export { GatewayMembership, problemCode, type Standing } from './membership/gateway-membership';
export { explainedLogin } from './membership/refused-login';
export { type BrokerUrl, readBrokerUrl } from './options/broker-url';
export {
  type GatewayReport,
  type PrivacyQuestion,
  type PrivacyReport,
  type PrivacyWarning,
  privacyReport,
  privacyReportInSteps,
  type RecordReport,
} from './privacy';
export type { ReportedVersion } from './reported-version';
export type { WindowValues } from './window-values';

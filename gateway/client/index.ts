/** The front door: a gateway or a coordinator as one object with one start and one stop. */
export type { BrokerOption, HostedBrokerSettings } from './broker';
export { Connection, type ConnectionOptions, clientIdOf } from './connection';
export type { CoordinatorSettings } from './coordinator-settings';
export { createCoordinator, FederationCoordinator } from './federation-coordinator';
export { FederationMember, joinFederation } from './federation-member';
export type { InvitedMemberSettings, MemberSettings } from './member-settings';
export type { FederationMemberEntry, InvitationSettings } from './membership/coordinator-membership';
export type { ReportedVersion } from './reported-version';
export type { WindowValues } from './window-values';

import type { NoticeCode, Waiting } from '../../platform';
import type { Protection } from '../../task';
import type { GatewaySpending, VersionPrivacyStatus } from '../privacy';
import type { Quarantine, TrustStage } from '../robust';
import type { UnknownMessages } from './unknown-messages';

/**
 * The cause of a coordinator that does not learn. `lease`: another one has a claim and does not answer. `windows`: for a
 * warm start. `usable-updates`: updates come, and all are refused. `contributions`: fewer gateways are connected than the
 * buffer holds contributions, and it is not full.
 */
export type CoordinatorNeed =
  | 'broker'
  | 'lease'
  | 'windows'
  | 'gateways'
  | 'updates'
  | 'usable-updates'
  | 'contributions';

/** A coordinator and its fleet at one moment, as plain data. */
export interface CoordinatorStatus {
  readonly phase: CoordinatorPhase;
  readonly online: boolean;
  readonly lineage: string;
  readonly version: number;
  readonly buffered: number;
  readonly bufferSize: number;
  readonly gateways: readonly GatewayStatus[];
  /** If rounds are granted: those that run, and gateways that wait for one. */
  readonly granted?: { readonly running: number; readonly waiting: number };
  /** Versions to which a rollback is possible, ascending; absent until the folder was read. */
  readonly stored?: readonly number[];
  readonly heldOut: number;
  /** While the phase is `warming`: windows that the warm start still needs; 0 while it trains. */
  readonly missingWindows: number;
  readonly accepted: number;
  readonly rejected: Readonly<Record<string, number>>;
  /** The missing thing, and since when; undefined while something is learned, and in phases that name the cause. */
  readonly waiting: Waiting<CoordinatorNeed> | undefined;
  /** Why the phase is `refused` (another coordinator is active, the folder cannot be written). */
  readonly problem: string | undefined;
  /** The reason if a message cannot be sent although the broker is connected; undefined otherwise. */
  readonly unsent: NoticeCode | undefined;
  /** Absent unless the log is on a server. */
  readonly shared?: SharedLogStatus;
  /** The protection against hostile gateways, why `auto` chose another one than `trust`, and what `trust` does; absent until the folder was read. */
  readonly protection?: Protection & { readonly stage?: TrustStage };
  /** Absent unless the task has privacy of gateways. */
  readonly privacy?: VersionPrivacyStatus;
  /** Of the coordinator of a region. */
  readonly region?: RegionStatus;
  /** Messages that no member has signed or sealed, in a federation with invitations; absent: none have come for a minute. */
  readonly unknown?: UnknownMessages;
}

/** A log on a server, and who of its coordinators leads. */
export interface SharedLogStatus {
  /** The address of the server, without user and password. */
  readonly place: string;
  /** Whether this coordinator leads. */
  readonly leads: boolean;
  /** Undefined while that is not known. */
  readonly leader: { readonly coordinator: string; readonly sinceMs: number } | undefined;
}

/** A region as a gateway of the federation above. */
export interface RegionStatus {
  /** The name of the federation above. */
  readonly federation: string;
  /** Whether its broker is connected. */
  readonly online: boolean;
  /** The version above that the region has taken last; undefined before it has taken one. */
  readonly version: number | undefined;
  /** Versions of the region with what was not sent yet. */
  readonly unsentVersions: number;
  /** An update was made, and is not counted above yet. */
  readonly updateWaits: boolean;
  /** Updates that were counted above since the start. */
  readonly counted: number;
  /** The number of versions of the region after which an update is made, and the time if they take longer. */
  readonly sendsAfter: { readonly versions: number; readonly ms: number };
}

/** A gateway that the coordinator knows. */
export interface GatewayStatus {
  readonly id: string;
  readonly online: boolean;
  readonly budgetBytes: number;
  /** Updates accepted from it. */
  readonly contributions: number;
  /** When its last message came, ms since the epoch. */
  readonly lastHeardMs: number;
  /** Why it does not take the task, in its own words; undefined: it does. */
  readonly refuses?: string;
  /** The spent part of its privacy budget; absent unless the task has privacy of gateways. */
  readonly privacy?: GatewaySpending;
  /** Its updates are refused from one version to another, because it was an outlier of the fleet; undefined: they are taken. */
  readonly quarantine?: Quarantine;
  /** Its quarantine has ended: its updates are taken and compared, and count nothing until its probation is over. */
  readonly isOnProbation?: true;
}

/**
 * The present activity of a coordinator. `warming`: it waits for the samples of a warm start, or trains on them. `refused`: it
 * stays away from the federation, for example because another coordinator holds the lease. `standby`: another coordinator with
 * the same log leads, and this one takes over if that ends.
 */
export type CoordinatorPhase =
  | 'starting'
  | 'standby'
  | 'warming'
  | 'collecting'
  | 'applying'
  | 'paused'
  | 'refused'
  | 'stopped';

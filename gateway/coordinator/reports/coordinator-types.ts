import type { RejectionReason } from '../../wire';

/** One contribution in a version's report. */
export interface ContributionReport {
  readonly gateway: string;
  readonly samples: number;
  /** Versions between its base and the version before this one. */
  readonly age: number;
  readonly variance: number;
  /** Normalised weight: the weights of one version add up to 1. */
  readonly weight: number;
  readonly bytes: number;
}

/** Quality on the held-out windows: accuracies for a classification, errors for the other kinds of task. */
export interface Quality {
  readonly windows: number;
  readonly loss: number;
  readonly accuracy?: number;
  /** Mean of the recalls of the labels that occur. */
  readonly balancedAccuracy?: number;
  /** Means over all values that the model gives, in normalised units: 1 is one spread of the channel. */
  readonly meanAbsoluteError?: number;
  readonly meanSquaredError?: number;
}

/** The best version judged so far, and what made it the best. */
export type BestVersion = { readonly version: number } & Pick<
  Quality,
  'balancedAccuracy' | 'meanSquaredError'
>;

/** Output 1 of `ftte-coordinate`, one a version. */
export interface VersionReport {
  readonly lineage: string;
  readonly version: number;
  readonly modelKey: string;
  /** Of this version alone; undefined without held-out windows. */
  readonly current: Quality | undefined;
  /** Of the running average of recent versions: what is published for prediction. */
  readonly average: Quality | undefined;
  readonly best: BestVersion | undefined;
  readonly contributions: readonly ContributionReport[];
  /** Why the buffer was applied. */
  readonly cause: 'full' | 'max-wait' | 'request' | 'warm-start';
  readonly updateBytes: number;
  readonly patchBytes: number;
  readonly gatewaysOnline: number;
  /** Wall time since the version before, ms. */
  readonly durationMs: number;
}

/** Output 2 of `ftte-coordinate`. */
export type CoordinatorNotice =
  | {
      readonly kind: 'joined' | 'left' | 'returned';
      readonly gateway: string;
      readonly online: number;
      readonly budgetBytes: number;
    }
  | {
      readonly kind: 'rejected';
      readonly gateway: string;
      readonly reason: RejectionReason;
      readonly detail: string;
    }
  | { readonly kind: 'lineage'; readonly lineage: string; readonly text: string }
  | { readonly kind: 'recovered'; readonly version: number; readonly text: string };

/**
 * What a coordinator is doing. `warming`: it waits for, or trains, version 0 of a warm start. `refused`: it stays
 * away, for example from another coordinator's federation.
 */
export type CoordinatorPhase =
  | 'starting'
  | 'warming'
  | 'collecting'
  | 'applying'
  | 'paused'
  | 'refused'
  | 'stopped';

/** What a coordinator says of itself and its fleet at a moment; plain data. */
export interface CoordinatorStatus {
  readonly phase: CoordinatorPhase;
  readonly online: boolean;
  readonly lineage: string;
  readonly version: number;
  readonly buffered: number;
  readonly bufferSize: number;
  readonly gateways: readonly {
    readonly id: string;
    readonly online: boolean;
    readonly budgetBytes: number;
    readonly contributions: number;
  }[];
  /** Where rounds are granted: those that run, and gateways that wait for one. */
  readonly granted?: { readonly running: number; readonly waiting: number };
  readonly heldOut: number;
  /** While the phase is `warming`: windows that are still missing for the warm start; 0 while it trains. */
  readonly missingWindows: number;
  readonly accepted: number;
  readonly rejected: Readonly<Record<string, number>>;
  /** Why the phase is `refused` (another coordinator is at work, the folder cannot be written). */
  readonly problem: string | undefined;
}

/** What a coordinator tells its listeners. `problem`: something a person can mend; the coordinator carries on. */
export type CoordinatorEvents = {
  status: CoordinatorStatus;
  version: VersionReport;
  notice: CoordinatorNotice;
  problem: Error;
};

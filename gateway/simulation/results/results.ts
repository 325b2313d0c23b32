import type { VersionReport } from '../../coordinator';
import type { Detection } from '../../metrics';

/** Results of one run. */
export interface RunSummary extends FinalFigures {
  readonly scenario: string;
  readonly seed: number;
  readonly stopped: StopReason;
  readonly judges: 'validation' | 'test';
  readonly clients: number;
  /** Absent if gateways start from the seeded model. */
  readonly warmStart?: WarmStartRecord;
  readonly versions: number;
  readonly virtualMs: number;
  readonly uploads: number;
  readonly rejected: Readonly<Record<string, number>>;
  readonly lostRounds: number;
  /** Obstacles at the end of the run; results of earlier versions lack them. */
  readonly standstill?: StandstillRecord;
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** Mean over the clients, and the maximum of one client. */
  readonly bytesDownPerClient: { readonly mean: number; readonly max: number };
  readonly bytesByType: Readonly<Record<string, { up: number; down: number }>>;
  /** Whether the last versions were still better than those before them: it was not over. */
  readonly isRising?: boolean;
  /** Best of the window means. */
  readonly bestAccuracy: number | undefined;
  readonly targets: readonly TargetRecord[];
  readonly perClient: ClientAccuracies | undefined;
  /** Absent if the windows that judge are not of two people or more. */
  readonly perPerson?: PeopleAccuracies;
  readonly ages: {
    readonly mean: number;
    readonly max: number;
    /** Number of contributions by age. */
    readonly histogram: readonly number[];
  };
  /** For each budget: the memory and the trained share of its plan. */
  readonly plans: readonly {
    readonly budgetBytes: number;
    readonly peakBytes: number;
    readonly trainedShare: number;
    readonly microBatch: number;
  }[];
  /** Share of stragglers among the clients, and among the contributions. */
  readonly stragglers: { readonly share: number; readonly contributions: number };
  /** Number of reported problems by kind. */
  readonly problems: Readonly<Record<string, number>>;
}

/** Figures of the last versions: means over the last window of judged ones. Shares are from 0 to 1. */
export interface FinalFigures {
  readonly finalBalancedAccuracy: number | undefined;
  /** Balanced accuracy of guessing. */
  readonly chance: number | undefined;
  readonly finalMacroF1: number | undefined;
  readonly finalAuc: number | undefined;
  readonly finalAccuracy: number | undefined;
  /** Of a task that gives values back, over the ordinary windows, in spreads of the channels if these are normalised. */
  readonly finalMeanAbsoluteError?: number | undefined;
  readonly finalMeanSquaredError?: number | undefined;
  /** Of a forecast: 1 - squared error / that of saying the newest reading goes on. */
  readonly finalSkill?: number | undefined;
  /** Of anomalies: the share that is detected, and the share of the ordinary windows that raise an alarm. */
  readonly finalDetectionRate?: number | undefined;
  readonly finalFalseAlarms?: number | undefined;
}

/** Figures of one version, on the people that judge; those of another kind of task are absent, and all if it was not judged. */
export interface VersionFigures {
  readonly balancedAccuracy?: number;
  readonly chance?: number;
  readonly macroF1?: number;
  /** Absent above 64 labels. */
  readonly auc?: number;
  readonly accuracy?: number;
  readonly loss?: number;
  /** Of the ordinary windows, of a task that gives values back. */
  readonly meanAbsoluteError?: number;
  readonly meanSquaredError?: number;
  /** Of a forecast, against saying the newest reading goes on. */
  readonly skill?: number;
  /** Of anomalies, if the scenario says what is ordinary. */
  readonly detection?: Detection;
}

/** One version of a run: one line of its versions file. */
export interface VersionRecord extends VersionFigures {
  readonly seed: number;
  readonly version: number;
  /** Virtual time since the fleet was ready, ms. */
  readonly timeMs: number;
  /** Updates accepted up to this version. */
  readonly uploads: number;
  /** Bytes of encoded messages of all clients up to this version. */
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** Mean accuracy over the evaluation's window of versions, this one the last. */
  readonly meanAccuracy?: number;
  /** Quality that the clients report, on the windows that they hold out; absent without `evaluation.federated`. */
  readonly federated?: FederatedRecord;
  readonly cause: VersionReport['cause'];
  /** `clients`, `ages` and `weights` have one entry per contribution. */
  readonly clients: readonly string[];
  readonly ages: readonly number[];
  readonly weights: readonly number[];
  readonly updateBytes: number;
  readonly patchBytes: number;
  /** Clients whose quarantine began with this version; absent: none. */
  readonly quarantined?: readonly string[];
}

/** A federated evaluation beside the central one of the same windows. */
export interface FederatedRecord {
  /** The newest measurement of each client, of recent versions, weighted by its windows. */
  readonly balancedAccuracy: number | undefined;
  /** Its 95 % interval. */
  readonly interval: readonly [low: number, high: number] | undefined;
  readonly clients: number;
  readonly windows: number;
  /** Balanced accuracy of this version on the held-out windows of all clients, in one place. */
  readonly central: number;
}

/** The cost of reaching a target accuracy for the first time; null if it was not reached. */
export interface TargetRecord {
  readonly accuracy: number;
  readonly reached: Pick<VersionRecord, 'version' | 'timeMs' | 'uploads' | 'bytesUp' | 'bytesDown'> | null;
}

/**
 * Accuracies of the last model on the clients' own windows that nobody trained on. Of a task that gives values back they are
 * mean absolute errors, and the worst are the largest.
 */
export interface ClientAccuracies {
  readonly clients: number;
  readonly mean: number;
  /** Absent if there are none. */
  readonly stragglers?: number;
  readonly others?: number;
  /** Mean over the tenth of the clients that the model serves worst. */
  readonly worstTenth: number;
}

/**
 * Balanced accuracies of the last model on the windows of each person that judges. Of a task that gives values back they
 * are mean absolute errors of the ordinary windows, and the worst are the largest.
 */
export interface PeopleAccuracies {
  readonly people: number;
  readonly mean: number;
  /** Mean over the tenth of the people that the model serves worst, one at least. */
  readonly worstTenth: number;
}

/** Obstacles that kept the gateways of a run from training when it ended. */
export interface StandstillRecord {
  /** Gateways that left and do not come back. */
  readonly left: number;
  /** Rounds that ended, with an update or without. */
  readonly rounds: number;
  /** Rounds whose result was lost because the scenario's `dropout` says so. */
  readonly droppedRounds: number;
  /** Number of the other gateways by why they could not start a round. */
  readonly obstacles: Readonly<Record<string, number>>;
  /** The task's `training.minSamples`, and the most samples of a gateway. */
  readonly minSamples: number;
  readonly mostSamples: number;
}

/** The warm start of a run: what the coordinator trained on before the gateways did. */
export interface WarmStartRecord {
  /** Number of people whose samples they are; absent if the data names nobody. */
  readonly people?: number;
  /** Samples that were set apart for it, and that no gateway holds. */
  readonly setApart: number;
  /** Those of them that it trained on, the same number of each label; 0 if the warm start failed. */
  readonly trainedOn: number;
  readonly epochs: number;
}

/**
 * Why a run ended: it reached its target, its number of versions, its time, a state in which no event was left, or a
 * long series of rounds without a version (the model has diverged, so that every round fails), or it was interrupted.
 */
export type StopReason = 'target' | 'versions' | 'time' | 'idle' | 'stalled' | 'interrupted';

/** One line of a run's versions. */
export interface VersionRecord {
  readonly seed: number;
  readonly version: number;
  /** Virtual time since the fleet was ready, ms. */
  readonly timeMs: number;
  /** Updates accepted so far. */
  readonly uploads: number;
  /** Of all clients so far, encoded messages. */
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** On the judging people; absent where this version was not judged. */
  readonly accuracy?: number;
  readonly balancedAccuracy?: number;
  readonly loss?: number;
  /** Mean accuracy over the evaluation's window of versions, this one the last. */
  readonly meanAccuracy?: number;
  readonly cause: 'full' | 'max-wait' | 'request' | 'warm-start';
  /** One entry a contribution. */
  readonly clients: readonly string[];
  readonly ages: readonly number[];
  readonly weights: readonly number[];
  readonly updateBytes: number;
  readonly patchBytes: number;
}

/** What it took to reach a target for the first time. */
export interface TargetRecord {
  readonly accuracy: number;
  readonly reached: Pick<VersionRecord, 'version' | 'timeMs' | 'uploads' | 'bytesUp' | 'bytesDown'> | null;
}

/** How well the last model serves the clients, on their own windows that nobody trained on. */
export interface ClientAccuracies {
  readonly clients: number;
  readonly mean: number;
  /** Absent where there are none. */
  readonly stragglers?: number;
  readonly others?: number;
  /** Mean of the tenth that is served worst. */
  readonly worstTenth: number;
}

/** What the coordinator trained on before the gateways did. */
export interface WarmStartRecord {
  /** Whose samples; absent where the data names nobody. */
  readonly people?: number;
  /** Samples that were set apart for it: no gateway holds them. */
  readonly setApart: number;
  /** Those of them that it trained on, as many of each label; 0 where it came to nothing. */
  readonly trainedOn: number;
  readonly epochs: number;
}

/**
 * Why a run ended: it was good enough, at its most versions, at its time, nothing happened any more, rounds went on and
 * on without a version (the model has diverged, so that every round fails), or it was told to.
 */
export type StopReason = 'target' | 'versions' | 'time' | 'idle' | 'stalled' | 'interrupted';

/** One run, in numbers. */
export interface RunSummary {
  readonly scenario: string;
  readonly seed: number;
  readonly stopped: StopReason;
  readonly judges: 'validation' | 'test';
  readonly clients: number;
  /** Absent where gateways start from the seeded model. */
  readonly warmStart?: WarmStartRecord;
  readonly versions: number;
  readonly virtualMs: number;
  readonly uploads: number;
  readonly rejected: Readonly<Record<string, number>>;
  readonly lostRounds: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** Mean over the clients, and the most that one had to take. */
  readonly bytesDownPerClient: { readonly mean: number; readonly max: number };
  readonly bytesByType: Readonly<Record<string, { up: number; down: number }>>;
  /** Mean over the last window of versions. */
  readonly finalAccuracy: number | undefined;
  readonly finalBalancedAccuracy: number | undefined;
  /** Best of the window means. */
  readonly bestAccuracy: number | undefined;
  readonly targets: readonly TargetRecord[];
  readonly perClient: ClientAccuracies | undefined;
  readonly ages: {
    readonly mean: number;
    readonly max: number;
    /** How many contributions had each age. */
    readonly histogram: readonly number[];
  };
  /** Of each budget class: what its plan takes and trains. */
  readonly plans: readonly {
    readonly budgetBytes: number;
    readonly peakBytes: number;
    readonly trainedShare: number;
    readonly microBatch: number;
  }[];
  /** Contributions of stragglers among all, and stragglers among the clients. */
  readonly stragglers: { readonly share: number; readonly contributions: number };
  /** Problems that were told, each kind once, with how often. */
  readonly problems: Readonly<Record<string, number>>;
}

import type { Trainer } from '../engine';
import type { ImportanceScores } from '../model';
import {
  type Clock,
  type FtteError,
  type Log,
  type Random,
  silentLog,
  systemClock,
  systemRandom,
  type YieldToEventLoop,
} from '../platform';
import type { Session } from '../session';
import type { Task } from '../task';
import type { TransportState } from '../transport';
import type { PlaceAbove } from './above/unsent-progress';
import type { SharedLog } from './storage';

/** Options of a coordinator. All but the session, the task and the folder have defaults. */
export interface CoordinatorOptions {
  readonly session: Session;
  readonly task: Task;
  /** Folder of the journal and the checkpoints, for this coordinator only. Undefined: nothing survives the process. */
  readonly folder: string | undefined;
  /** A log on a server in place of the journal and the checkpoints in the folder, for `createRole`. */
  readonly sharedLog?: SharedLog | undefined;
  /** The fingerprint of this coordinator's key, which gateways know; absent in an open federation. */
  readonly key?: string;
  /** Called in place of a refusal when another coordinator has taken the federation over. */
  readonly onReplaced?: (error: FtteError) => void;
  /** Called in place of a problem when it has to stay away from the federation after `start` has resolved. */
  readonly onRefused?: (error: unknown) => void;
  /**
   * Creates the engine that evaluates versions on held-out windows. It is called when the first window arrives; `stop`
   * closes it. Without it versions are published without an evaluation.
   */
  readonly createTrainer?: () => Trainer;
  /** Calls the listener at once and on each change of the connection, as `FederationHandle.onConnection` does. */
  readonly onConnection?: (listener: (state: TransportState, error?: Error) => void) => () => void;
  /** Default: the clock of the machine. */
  readonly clock?: Clock;
  /**
   * For lineages, the instance name and the choice of held-out windows. Default: a generator with a seed of the system.
   */
  readonly random?: Random;
  /** Default: nothing is logged. */
  readonly log?: Log;
  /** Yields to the event loop in long calculations: `yieldToEventLoop`. Absent: they run without a pause. */
  readonly yieldToEventLoop?: YieldToEventLoop;
  /** Parameters of version 0 in place of the task's seeded ones: an imported model. Used only when a lineage begins. */
  readonly initial?: Float32Array;
  /**
   * Given for the coordinator of a region, which is a gateway of a federation above: the version above that `initial` is, if
   * nothing is on disk, and the scores of the coordinator above. See `Coordinator.region`.
   */
  readonly region?: {
    readonly start: PlaceAbove | undefined;
    readonly importance: ImportanceScores | undefined;
  };
  /** Time for which the start listens for another coordinator. Default 1500 ms. */
  readonly claimWaitMs?: number;
  /** Memory for held-out windows. Default 32 MB. */
  readonly heldOutBytes?: number;
  /** Number of newest checkpoints that are kept beside that of the best version. Default 3. */
  readonly keepCheckpoints?: number;
  /**
   * Most gateways that are remembered. Beyond it an offline one is forgotten, or the new one refused. Default 10 000.
   */
  readonly maxGateways?: number;
  /** Gateways that may help to open masked sums. Default: all. */
  readonly helpers?: readonly string[];
  /** Changes among the gateways that checkpoints hold before all gateways are written again. Default 64 KB. */
  readonly memberChangesBytes?: number;
  /** Whether contributions of a gateway count; called often. Default: those of all do. See `Coordinator.exclude`. */
  readonly counts?: (gateway: string) => boolean;
  /** Memory for waiting contributions (of a paused coordinator); beyond it updates stay unacknowledged. Default 64 MB. */
  readonly bufferBytes?: number;
  /** Makes the keys of the noise of versions with privacy of gateways. Default: 32 bytes of the operating system. */
  readonly makeNoiseKey?: () => Uint8Array;
  /** A gateway gets at most one snapshot in this time; a `sync` in between is answered at its end. Default 2000 ms. */
  readonly snapshotIntervalMs?: number;
}

/** Options that have a value whether given or not. */
type Defaulted =
  | 'clock'
  | 'random'
  | 'log'
  | 'claimWaitMs'
  | 'heldOutBytes'
  | 'keepCheckpoints'
  | 'maxGateways'
  | 'bufferBytes'
  | 'snapshotIntervalMs';

/** The options with their defaults filled in. */
export type ResolvedOptions = CoordinatorOptions & Required<Pick<CoordinatorOptions, Defaulted>>;

export const withDefaults = (options: CoordinatorOptions): ResolvedOptions => ({
  ...options,
  clock: options.clock ?? systemClock,
  random: options.random ?? systemRandom(),
  log: options.log ?? silentLog,
  claimWaitMs: options.claimWaitMs ?? 1_500,
  heldOutBytes: options.heldOutBytes ?? 32 * 1024 * 1024,
  keepCheckpoints: options.keepCheckpoints ?? 3,
  maxGateways: options.maxGateways ?? 10_000,
  bufferBytes: options.bufferBytes ?? 64 * 1024 * 1024,
  snapshotIntervalMs: options.snapshotIntervalMs ?? 2_000,
});

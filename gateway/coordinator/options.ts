import type { Trainer } from '../engine';
import type { Clock, Log, Random, YieldToEventLoop } from '../platform';
import type { Session } from '../session';
import type { SampleStore } from '../stream';
import type { Task } from '../task';
import type { TransportState } from '../transport';

/** What a coordinator is made of. Only the session, the task and the folder have no default. */
export interface CoordinatorOptions {
  readonly session: Session;
  readonly task: Task;
  /** Where journal and checkpoints live, this coordinator's alone. Undefined: nothing outlives the process. */
  readonly folder: string | undefined;
  /**
   * Makes the engine that judges versions on held-out windows. Called when the first window comes; closed by `stop`.
   * Without it versions are published unjudged.
   */
  readonly createTrainer?: () => Trainer;
  /** Calls the listener now and on each change of the connection, as `FederationHandle.onConnection` does. */
  readonly onConnection?: (listener: (state: TransportState, error?: Error) => void) => () => void;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** For lineages, the instance name and which held-out windows stay. Default: seeded by the system. */
  readonly random?: Random;
  readonly log?: Log;
  /** Lets the event loop go on in long calculations: `nextTurn`. Absent: they are made in one go. */
  readonly yieldToEventLoop?: YieldToEventLoop;
  /** Parameters of version 0 instead of the task's seeded ones: a warm start. Used only when a lineage begins. */
  readonly initial?: Float32Array;
  /** How long the start listens for another coordinator. Default 1500 ms. */
  readonly claimWaitMs?: number;
  /** Memory for held-out windows. Default 32 MB. */
  readonly heldOutBytes?: number;
  /** Held-out windows of a coordinator before, its `heldOut`: those that fit the task stay. */
  readonly heldOut?: SampleStore;
  /** Newest checkpoints kept beside the best version's. Default 3. */
  readonly keepCheckpoints?: number;
  /** Gateways remembered; beyond it an offline one is forgotten, or the new one turned away. Default 10 000. */
  readonly maxGateways?: number;
  /** Changes among the gateways that checkpoints hold before all gateways are written again. Default 64 KB. */
  readonly memberChangesBytes?: number;
  /** Memory for contributions that wait (a paused coordinator); beyond it updates stay unacknowledged. Default 64 MB. */
  readonly bufferBytes?: number;
  /** A gateway gets at most one snapshot in this time; a `sync` in between is answered at its end. Default 2000 ms. */
  readonly snapshotIntervalMs?: number;
}

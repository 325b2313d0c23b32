import type { Trainer } from '../engine';
import type { Clock, Log, Random, YieldToEventLoop } from '../platform';
import type { Session } from '../session';
import type { SampleStore } from '../stream';
import type { TransportState } from '../transport';
import type { HeldOutWindows } from './evaluation/held-out';
import type { ModelFollower } from './model/model-follower';
import type { GatewayPolicy } from './policy';
import type { PrivacyBudgetOptions } from './privacy';
import type { PlanChooser } from './rounds/plan-chooser';
import type { RoundTrigger } from './rounds/round-trigger';

/** Options of a participant. */
export interface ParticipantOptions {
  readonly session: Session;
  /** The source of the global model. Its owner starts and stops it. */
  readonly follower: ModelFollower;
  /** The training engine; `stop` closes it. */
  readonly trainer: Trainer;
  /** Calls its listener at once and on each change of the connection. Absent: always online. */
  readonly onConnection?: (listener: (state: TransportState, error?: Error) => void) => () => void;
  /** Memory that the training program may use, bytes. */
  readonly budgetBytes: number;
  readonly trigger: RoundTrigger;
  /**
   * The folder of updates that wait for their acknowledgement, for this participant only. Undefined: they are in memory
   * only.
   */
  readonly outboxFolder: string | undefined;
  /** Most updates that wait; the oldest is dropped first. Default 256, of together 16 MiB. */
  readonly outboxLimits?: { readonly maxCount?: number; readonly maxBytes?: number };
  /**
   * Whether rounds of one base version that wait to be sent become one update. False if the `update` events are sent, too:
   * a round would then count alone and as a part of another. Default true.
   */
  readonly mergesRounds?: boolean;
  /**
   * Keeps a share of the labelled windows out of training and measures each received model on them. Absent: all windows are
   * trained on, and no quality is sent.
   */
  readonly heldOut?: HeldOutWindows | undefined;
  /** Most samples that are stored. Default 1024. Ignored if `store` is given. */
  readonly storeCapacity?: number;
  /** The store of an earlier participant, so that samples survive a deploy. */
  readonly store?: SampleStore;
  /** The file in which samples survive the end of the process. Absent: they are never written to disk. */
  readonly storeFile?: string;
  /** Whether samples are written to that file. False: samples that an earlier run has left there are erased. Default true. */
  readonly keepSamples?: boolean;
  /** The key that outbox and samples on disk are encrypted with: 16 characters or bytes at least. Absent: in plain. */
  readonly storageKey?: string | Uint8Array | undefined;
  /**
   * Folder of the ledger of the privacy budget, and randomness of the noise. Absent: the ledger is lost when the process
   * ends, and the noise comes from the operating system.
   */
  readonly privacy?: Pick<PrivacyBudgetOptions, 'folder' | 'account' | 'makeKey'>;
  readonly clock: Clock;
  readonly random: Random;
  /**
   * Randomness of waiting times and requests, which depend on what arrives from outside. Rounds draw from `random`.
   * Default: `random`.
   */
  readonly jitter?: Random;
  readonly log?: Log;
  /** Name and version of the software, for the coordinator's list. */
  readonly software?: string;
  /** Limits of rounds that no task can lower. Absent: there are none. The follower has its own gate for tasks. */
  readonly policy?: GatewayPolicy;
  /**
   * Chooses which parameters are trained. Default: the rule of the task, in this thread. Pass a chooser that works
   * elsewhere if the event loop must not wait for plans.
   */
  readonly choosePlan?: PlanChooser;
  /** Yields to the event loop while a large update is encoded: `yieldToEventLoop`. Absent: it is encoded without a pause. */
  readonly yieldToEventLoop?: YieldToEventLoop;
}

import type { Trainer } from '../engine';
import type { Clock, Log, Random } from '../platform';
import type { Session } from '../session';
import type { SampleStore } from '../stream';
import type { TransportState } from '../transport';
import type { ModelFollower } from './model/model-follower';
import type { PlanChooser } from './rounds/plan-chooser';
import type { RoundTrigger } from './rounds/round-trigger';

/** What a participant is made of. */
export interface ParticipantOptions {
  readonly session: Session;
  /** Started and stopped by whoever made it. */
  readonly follower: ModelFollower;
  /** The training engine; `stop` closes it. */
  readonly trainer: Trainer;
  /** Calls its listener now and on each change of the connection. Absent: always online. */
  readonly onConnection?: (listener: (state: TransportState, error?: Error) => void) => () => void;
  /** Memory that the training program may take, bytes. */
  readonly budgetBytes: number;
  readonly trigger: RoundTrigger;
  /** Where updates wait for their acknowledgement; this participant's alone. Undefined: in memory only. */
  readonly outboxFolder: string | undefined;
  /** Updates that wait at most; the oldest goes first. Default 256 of together 16 MiB. */
  readonly outboxLimits?: { readonly maxCount?: number; readonly maxBytes?: number };
  /** At most this many samples are kept. Default 1024. Ignored where `store` is given. */
  readonly storeCapacity?: number;
  /** A store to carry on with: hand in the one of before, and samples survive a deploy. */
  readonly store?: SampleStore;
  /** Samples are kept in this file over a restart of the process; absent: they never touch the disk. */
  readonly storeFile?: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log?: Log;
  /** Name and version of what runs here, for the coordinator's list. */
  readonly software?: string;
  /**
   * Chooses what is trained. Default: as the task says, in this thread; hand in one that makes plans elsewhere where an
   * event loop must not wait for them.
   */
  readonly choosePlan?: PlanChooser;
}

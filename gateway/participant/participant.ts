import type { Trainer } from '../engine';
import { type Clock, type Log, type Random, TypedEmitter } from '../platform';
import type { SessionFace } from '../session';
import type { Sample, SampleStore } from '../stream';
import type { TransportState } from '../transport';
import type { ModelFollower } from './model-follower';
import type { ParticipantEvents, ParticipantFace, ParticipantState, RoundTrigger } from './participant-types';

export interface ParticipantOptions {
  readonly session: SessionFace;
  /** Started and stopped by whoever made it. */
  readonly follower: ModelFollower;
  /** The training engine; `stop` closes it. */
  readonly trainer: Trainer;
  /** Calls its listener now and on each change of the connection. Absent: always online. */
  readonly onConnection?: (listener: (state: TransportState, error?: Error) => void) => () => void;
  /** Memory that training may take, bytes. */
  readonly budgetBytes: number;
  readonly trigger: RoundTrigger;
  /** Where updates wait for their acknowledgement. */
  readonly outboxFolder: string;
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
}

/** The gateway's role. */
export class Participant extends TypedEmitter<ParticipantEvents> implements ParticipantFace {
  constructor(options: ParticipantOptions) {
    super();
    void options;
  }

  get state(): ParticipantState {
    throw new Error('not there yet');
  }

  /** The samples it trains on: keep it, and hand it to the next participant. */
  get store(): SampleStore {
    throw new Error('not there yet');
  }

  async start(): Promise<void> {}
  async stop(): Promise<void> {}
  add(sample: Sample): void {
    void sample;
  }
  trainNow(): 'started' | 'busy' | 'too-few-samples' | 'not-ready' | 'paused' {
    return 'not-ready';
  }
  pause(): void {}
  resume(): void {}
  async forget(): Promise<void> {}
  /** Changes the memory budget: a new plan from the next round on, and a new hello. */
  setBudget(budgetBytes: number): void {
    void budgetBytes;
  }
}

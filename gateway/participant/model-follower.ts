import {
  type Clock,
  type FtteError,
  type Log,
  type Random,
  silentLog,
  systemRandom,
  TypedEmitter,
} from '../platform';
import type { SessionFace } from '../session';
import type { ModelSpec, ParameterLayout, Task } from '../task';

export interface ModelFollowerOptions {
  readonly session: SessionFace;
  readonly clock: Clock;
  readonly log?: Log;
  /** Spreads the requests of many gateways over time. Default: seeded by the operating system. */
  readonly random?: Random;
}

/** A task came, or came changed. `newLineage` is true where the parameters start anew with it. */
export interface TaskEvent {
  readonly task: Task;
  readonly model: ModelSpec;
  readonly modelKey: string;
  readonly lineage: string;
  readonly newLineage: boolean;
}

/** The follower holds a newer model: `parameters` and `average` are of this version. */
export interface VersionEvent {
  readonly lineage: string;
  readonly version: number;
  readonly cause: 'patch' | 'snapshot';
}

export type ModelFollowerEvents = {
  task: TaskEvent;
  version: VersionEvent;
  /** Asking for the model failed (offline, refused); it is asked for again by itself. */
  problem: FtteError;
};

/** A gateway's one copy of the global model, kept at the newest version by what the coordinator publishes. */
export class ModelFollower extends TypedEmitter<ModelFollowerEvents> {
  task: Task | undefined;
  model: ModelSpec | undefined;
  layout: ParameterLayout | undefined;
  modelKey = '';
  /** Lineage of the task; `parameters` are of this lineage or absent. */
  lineage: string | undefined;
  /** -1 while there are no parameters of the lineage. */
  version = -1;
  /** The current global model, flat. Changes in place with each version: copy to keep. */
  parameters: Float32Array | undefined;
  /** Running average of recent versions, flat. Changes in place with each version: copy to keep. */
  average: Float32Array | undefined;

  constructor(options: ModelFollowerOptions) {
    super();
    void options;
    void silentLog;
    void systemRandom;
  }

  /** Subscribes, and asks for the model as soon as a task is known. */
  async start(): Promise<void> {}

  /** Ends subscriptions and timers. What it holds stays readable. */
  async stop(): Promise<void> {}
}

import type { ModelSpec } from '../../model';
import type { FtteError } from '../../platform';
import type { Task } from '../../task';

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

/** What a follower of the model tells its listeners. */
export type ModelFollowerEvents = {
  task: TaskEvent;
  version: VersionEvent;
  /** Something that came cannot be used, or asking for the model failed; it is asked for again by itself. */
  problem: FtteError;
};

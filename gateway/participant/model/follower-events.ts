import type { ModelSpec } from '../../model';
import type { FtteError } from '../../platform';
import type { Task } from '../../task';
import type { TaskRefusal } from '../policy';

/** A task arrived or has changed. `newLineage` is true if its parameters start again. */
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

/** The events of a model follower. */
export type ModelFollowerEvents = {
  task: TaskEvent;
  version: VersionEvent;
  /** A task was not taken, for another reason than before; undefined: the newest one is taken. */
  refusal: TaskRefusal | undefined;
  /** A message cannot be used, or the request for the model failed. The follower repeats the request. */
  problem: FtteError;
};

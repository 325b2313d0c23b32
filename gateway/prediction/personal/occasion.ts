import type { ModelSpec } from '../../model';
import type { ModelFollower } from '../../participant';
import type { SampleStore, StoredSample } from '../../stream';
import type { Task } from '../../task';
import { newestWindows, overlapOf } from './split-by-time';

/** Everything that an adaptation or a judgement is made from. It does not change later. */
export interface Occasion {
  /** Parameters of the shared model, flat. */
  readonly shared: Float32Array;
  readonly version: number;
  readonly lineage: string;
  readonly modelKey: string;
  readonly task: Task;
  readonly model: ModelSpec;
  readonly store: SampleStore;
  readonly samples: readonly StoredSample[];
  /** The largest id of a sample; 0 if there are none. */
  readonly newest: number;
  /** Windows before a window that may have readings of it. */
  readonly overlap: number;
}

/** Most windows that an adaptation takes: the newest. */
const mostWindows = 1024;

/** The present occasion. A text: why there is none, for a person. Undefined: no model has arrived yet. */
export function occasionOf(
  follower: ModelFollower,
  use: 'average' | 'current',
  store: SampleStore | undefined,
): Occasion | string | undefined {
  const { task, model, modelKey, lineage, version } = follower;
  const shared = use === 'average' ? follower.average : follower.parameters;
  if (!task || !model || !shared || lineage === undefined) return undefined;
  if (task.kind !== 'classification') return `a task of kind ${task.kind} has no labels to judge by`;
  if (!store) return 'this gateway stores no labelled windows';
  const samples = newestWindows(store.list(), mostWindows);
  const newest = samples.reduce((max, { id }) => Math.max(max, id), 0);
  return {
    ...{ shared, version, lineage, modelKey, task, model, store, samples, newest },
    overlap: overlapOf(task.input),
  };
}

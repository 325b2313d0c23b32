import type { ParameterLayout, ParameterTensor, Plan, Segment } from '../../model';
import { planSegments } from '../../model';
import { FtteError } from '../../platform';

/** A tensor that a plan trains, and its place in the vector of all planned coordinates. */
export interface TrainedTensor {
  readonly tensor: ParameterTensor;
  /** The chosen input channels; undefined where the whole tensor is trained. */
  readonly channels: readonly number[] | undefined;
  /** First element among the planned coordinates. */
  readonly offset: number;
  readonly size: number;
  /** Place of those elements in the flat parameter vector. */
  readonly segments: readonly Segment[];
}

/** A plan checked against a layout. */
export interface TrainingPlan {
  readonly tensors: readonly TrainedTensor[];
  readonly segments: readonly Segment[];
  readonly size: number;
  readonly microBatch: number;
}

/** @throws FtteError `plan-invalid` naming what does not fit the layout */
export function resolvePlan(layout: ParameterLayout, plan: Plan, batchSize: number): TrainingPlan {
  if (!Number.isInteger(plan.microBatch) || plan.microBatch < 1) {
    throw new FtteError(
      'plan-invalid',
      `micro-batch is ${plan.microBatch}, expected a whole number of 1 or more`,
    );
  }
  const segments = planSegments(layout, plan);
  let offset = 0;
  const tensors = plan.entries.map((entry): TrainedTensor => {
    const tensor = layout.tensors[entry.tensor]!; // planSegments has checked it
    const runs = planSegments(layout, { ...plan, entries: [entry] });
    const size = runs.reduce((sum, run) => sum + run.length, 0);
    // All channels chosen is the whole tensor; an index table would only slow it down.
    const channels = size === tensor.size ? undefined : entry.channels;
    const trained = { tensor, channels, offset, size, segments: runs };
    offset += size;
    return trained;
  });
  if (offset === 0) throw new FtteError('plan-invalid', 'plan trains nothing: it has no entries');
  return { tensors, segments, size: offset, microBatch: Math.min(plan.microBatch, batchSize) };
}

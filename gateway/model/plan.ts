import { FtteError } from '../platform';
import type { ParameterLayout, ParameterTensor } from './parameters';

/** One tensor in a plan: all of it, or the slices of some of its input channels (ascending, no repeats). */
export interface PlanEntry {
  /** Index into `ParameterLayout.tensors`. */
  readonly tensor: number;
  readonly channels?: readonly number[];
}

/** Which parameters a participant trains, and how many examples it holds in memory at a time. */
export interface Plan {
  /** Ascending by tensor. */
  readonly entries: readonly PlanEntry[];
  readonly microBatch: number;
}

/** A run of neighbouring elements of the flat parameter vector. */
export interface Segment {
  readonly offset: number;
  readonly length: number;
}

/** A plan that trains everything that can be trained. */
export function densePlan(layout: ParameterLayout, microBatch: number): Plan {
  const entries = layout.tensors.flatMap(({ trainable }, tensor) => (trainable ? [{ tensor }] : []));
  return { entries, microBatch };
}

/**
 * The coordinates a plan trains, as ascending, merged runs of the flat vector. A delta on a plan is the
 * concatenation of these runs, in this order.
 * @throws FtteError `plan-invalid` naming the entry that does not fit the layout
 */
export function planSegments(layout: ParameterLayout, plan: Plan): Segment[] {
  const segments: { offset: number; length: number }[] = [];
  const push = (offset: number, length: number) => {
    const last = segments[segments.length - 1];
    if (last && last.offset + last.length === offset) last.length += length;
    else segments.push({ offset, length });
  };
  let previous = -1;
  for (const entry of plan.entries) {
    const tensor = layout.tensors[entry.tensor];
    if (!tensor || entry.tensor <= previous) {
      throw new FtteError(
        'plan-invalid',
        `plan names tensor ${entry.tensor} after ${previous}; the model has ${layout.tensors.length}, ascending`,
      );
    }
    if (!tensor.trainable) {
      throw new FtteError(
        'plan-invalid',
        `plan names ${tensor.name}, which is a statistic and never trained`,
      );
    }
    previous = entry.tensor;
    if (!entry.channels) push(tensor.offset, tensor.size);
    else pushChannels(tensor, entry.channels, push);
  }
  return segments;
}

/** A slice of input channel c is, for each kernel position, the run of all outputs at [position, c]. */
function pushChannels(
  tensor: ParameterTensor,
  channels: readonly number[],
  push: (offset: number, length: number) => void,
) {
  const count = tensor.inputChannels;
  if (count === 0) {
    throw new FtteError(
      'plan-invalid',
      `plan names input channels of ${tensor.name}, which has none: it is trained whole`,
    );
  }
  const outputs = tensor.shape[tensor.shape.length - 1]!;
  channels.forEach((channel, i) => {
    if (!(channel >= 0 && channel < count) || (i > 0 && channel <= channels[i - 1]!)) {
      throw new FtteError(
        'plan-invalid',
        `plan names input channel ${channel} of ${tensor.name}, which has ${count} (ascending, no repeats)`,
      );
    }
  });
  for (let position = 0; position < tensor.size / (count * outputs); position++) {
    for (const channel of channels) push(tensor.offset + (position * count + channel) * outputs, outputs);
  }
}

/** Elements in all segments together. */
export function segmentsSize(segments: readonly Segment[]): number {
  return segments.reduce((sum, segment) => sum + segment.length, 0);
}

/** Copies the planned coordinates of `flat` into a dense vector (a new one unless `into` is given). */
export function gather(
  flat: Float32Array,
  segments: readonly Segment[],
  into = new Float32Array(segmentsSize(segments)),
): Float32Array {
  let at = 0;
  for (const { offset, length } of segments) {
    into.set(flat.subarray(offset, offset + length), at);
    at += length;
  }
  return into;
}

/** Adds `values`, laid out as `gather` gives them, onto the planned coordinates of `flat`. */
export function scatterAdd(flat: Float32Array, segments: readonly Segment[], values: Float32Array): void {
  let at = 0;
  for (const { offset, length } of segments) {
    for (let i = 0; i < length; i++) flat[offset + i]! += values[at++]!;
  }
}

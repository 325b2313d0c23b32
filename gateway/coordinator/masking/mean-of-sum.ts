import { levelStep, type OpenedSum } from '../../masking';
import { portionsOf, type Segment, segmentsSize } from '../../model';
import type { Resumable } from '../../platform';
import { maskedFactor, type Task } from '../../task';
import type { Contribution } from '../aggregation/contribution';

/**
 * The contributions with the opened mean in the place of their deltas: whatever weights a rule gives them, their weighted
 * mean is that one. Coordinates that were not opened are in no plan of theirs.
 */
export function* meanOf(
  { segments, sums }: OpenedSum,
  contributions: readonly Contribution[],
  task: Task,
): Resumable<Contribution[]> {
  const size = segments.reduce((end, one) => Math.max(end, one.offset + one.length), 0);
  const mean = new Float32Array(size);
  const weights = new Float64Array(size);
  for (const contribution of contributions) {
    const factor = maskedFactor(task, contribution.samples);
    for (const portion of portionsOf(contribution.segments))
      for (const { offset, length } of portion)
        for (let i = offset, end = Math.min(size, offset + length); i < end; i++) weights[i]! += factor;
    yield;
  }
  let at = 0;
  const isOpen = new Uint8Array(size);
  for (const portion of portionsOf(segments)) {
    for (const { offset, length } of portion)
      for (let i = offset; i < offset + length; i++) {
        mean[i] = (sums[at++]! * levelStep) / weights[i]!;
        isOpen[i] = 1;
      }
    yield;
  }
  const known = new Map<readonly Segment[], Segment[]>();
  const opened: Contribution[] = [];
  for (const contribution of contributions) {
    const own = known.get(contribution.segments) ?? within(contribution.segments, isOpen);
    known.set(contribution.segments, own);
    const delta = new Float32Array(segmentsSize(own));
    let place = 0;
    for (const { offset, length } of own) {
      delta.set(mean.subarray(offset, offset + length), place);
      place += length;
    }
    opened.push({ ...contribution, segments: own, delta });
    yield;
  }
  return opened;
}

/** The coordinates of a plan that are open. */
function within(plan: readonly Segment[], isOpen: Uint8Array): Segment[] {
  const found: { offset: number; length: number }[] = [];
  for (const { offset, length } of plan)
    for (let i = offset; i < offset + length; i++) {
      if (!isOpen[i]) continue;
      const last = found.at(-1);
      if (last && last.offset + last.length === i) last.length++;
      else found.push({ offset: i, length: 1 });
    }
  return found;
}

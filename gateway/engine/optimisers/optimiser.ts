import type { Optimiser } from '../../task';
import type { ArenaBuffer, Run, Schedule } from '../arena/schedule';
import type { Kernels } from '../kernels/kernels';
import { adamState } from './adam';
import { sgdState } from './sgd';
import { sgdInPlaceState, sketchBuckets } from './sgd-in-place';

/** Updates `length` parameters from byte `w` with the gradient from byte `g`; `at` is their place in the plan. */
export type Update = (run: Run, w: number, g: number, at: number, length: number) => void;

/** Source of the sum of a round's gradients when the round is over. */
export interface RoundEnd {
  /** The arena, by float32 index. */
  readonly arena: Float32Array;
  readonly learningRate: number;
}

/** An optimiser with its state in the arena, one value a planned coordinate and slot. */
export interface OptimiserState {
  /** Place in which the gradients of a batch are summed, and from which they are applied; undefined: the caller's. */
  readonly sums?: ArenaBuffer;
  bind(kernels: Kernels): Update;
  /** Forgets everything: each round starts fresh. */
  reset(arena: Float32Array): void;
  /** Sum over the steps of the gradient of planned coordinate `i`, which changed by `delta` in all. */
  gradientSum(end: RoundEnd, i: number, delta: number): number;
}

/** Whether an optimiser's state can be where the gradients of a plan of `size` coordinates are added up. */
export const canSumInPlace = (spec: Optimiser, size: number): boolean =>
  spec.kind === 'sgd' && spec.momentum > 0 && size > sketchBuckets;

/**
 * @param size planned coordinates
 * @param accumulate gradients of all of them are added up until the batch is over
 */
export function optimiserState(
  spec: Optimiser,
  schedule: Schedule,
  size: number,
  accumulate: boolean,
): OptimiserState {
  switch (spec.kind) {
    case 'sgd':
      if (accumulate && canSumInPlace(spec, size)) return sgdInPlaceState(spec.momentum, schedule, size);
      return sgdState(spec.momentum, schedule, size);
    case 'adam':
      return adamState(spec, schedule, size);
  }
}

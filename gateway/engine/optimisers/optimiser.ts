import type { Optimiser } from '../../task';
import type { Run, Schedule } from '../arena/schedule';
import type { Kernels } from '../kernels/kernels';
import { adamState } from './adam';
import { sgdState } from './sgd';

/** Updates `length` parameters from byte `w` with the gradient from byte `g`; `at` is their place in the plan. */
export type Update = (run: Run, w: number, g: number, at: number, length: number) => void;

/** What the sum of a round's gradients can be read from when the round is over. */
export interface RoundEnd {
  /** The arena, by float32 index. */
  readonly arena: Float32Array;
  readonly learningRate: number;
}

/** An optimiser with its state in the arena, one value a planned coordinate and slot. */
export interface OptimiserState {
  bind(kernels: Kernels): Update;
  /** Forgets everything: each round starts fresh. */
  reset(arena: Float32Array): void;
  /** Sum over the steps of the gradient of planned coordinate `i`, which changed by `delta` in all. */
  gradientSum(end: RoundEnd, i: number, delta: number): number;
}

/** @param size planned coordinates */
export function optimiserState(spec: Optimiser, schedule: Schedule, size: number): OptimiserState {
  switch (spec.kind) {
    case 'sgd':
      return sgdState(spec.momentum, schedule, size);
    case 'adam':
      return adamState(spec, schedule, size);
  }
}

import type { Schedule } from '../arena/schedule';
import type { OptimiserState } from './optimiser';

/**
 * SGD with Keras' momentum: v = momentum v - rate g; w += v. Without momentum it has no state. (`sgdInPlaceState` is the
 * same rule without a gradient of its own.)
 *
 * The sum G of all gradients needs no buffer: summing v_s = momentum v_{s-1} - rate g_s over the steps, with D the
 * total change and V the last v, gives D = momentum (D - V) - rate G.
 */
export function sgdState(momentum: number, schedule: Schedule, size: number): OptimiserState {
  const velocity = momentum > 0 ? schedule.keep('optimiser', size * 4) : undefined;
  return {
    bind(kernels) {
      if (!velocity)
        return (run, w, g, _at, length) => {
          run.squares += kernels.sgd(w, g, 0, length, run.learningRate, 0);
        };
      const { offset } = velocity;
      return (run, w, g, at, length) => {
        run.squares += kernels.sgd(w, g, offset + at * 4, length, run.learningRate, momentum);
      };
    },
    reset(arena) {
      if (velocity) arena.fill(0, velocity.offset >> 2, (velocity.offset >> 2) + size);
    },
    gradientSum({ arena, learningRate }, i, delta) {
      const last = velocity ? arena[(velocity.offset >> 2) + i]! : 0;
      return (momentum * (delta - last) - delta) / learningRate;
    },
  };
}

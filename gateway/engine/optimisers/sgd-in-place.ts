import type { Run, Schedule } from '../arena/schedule';
import type { OptimiserState } from './optimiser';

/** Values of the sketch that the norm of a gradient is estimated from. */
export const sketchBuckets = 128;

/**
 * SGD with momentum for gradients that are summed over several micro-batches: in the velocity itself, so that a planned
 * coordinate takes a parameter and a velocity and no more. A batch starts with v *= momentum, the layers add their
 * gradients to it, and the batch ends with w -= rate v. With one rate throughout, as in a round, that is `sgdState`'s
 * rule with v in units of the gradient.
 *
 * Two things are asked of gradients that are nowhere by themselves then. Their sum G over a round follows from the total
 * change D and the last velocity V: summing v_s = momentum v_{s-1} + g_s over the steps, with D = -rate (the sum of all
 * v_s), gives G = momentum V - (1 - momentum) D / rate. The squared norm of each is estimated from its sketch: sketches
 * are linear, so what the velocity's is at the end of a batch less what it was at the start is that of the gradient.
 *
 * The hash is drawn again at each step: the mean of the squared norms of S steps is off by about sqrt(2 / (128 S)) of
 * itself, 3 % in a round of 20 steps, and by nothing on average. So it is the number that is known exactly where the
 * gradient has bytes of its own (for a few operations where the micro-batch is the batch, without momentum, with Adam, and
 * in plans so small that the sketch would be no smaller), and may stand beside it: weights by variance ask for a ratio to the median of a
 * buffer of updates, which differ by far more among themselves.
 */
export function sgdInPlaceState(momentum: number, schedule: Schedule, size: number): OptimiserState {
  const velocity = schedule.keep('optimiser', size * 4);
  const sketch = schedule.keep('workspace', sketchBuckets * 4);
  schedule.emit('batch-start', [velocity, sketch], (kernels) => {
    const [v, s] = [velocity.offset, sketch.offset];
    return (run) => {
      kernels.decay(v, size, momentum);
      kernels.zero(s, sketchBuckets);
      kernels.sketch(v, size, s, sketchBuckets, hashSeed(run), -1);
    };
  });
  schedule.emit('batch-end', [velocity, sketch], (kernels) => {
    const [v, s] = [velocity.offset, sketch.offset];
    return (run) => {
      run.squares += kernels.sketch(v, size, s, sketchBuckets, hashSeed(run), 1);
    };
  });
  return {
    sums: velocity,
    bind(kernels) {
      return (run, w, v, _at, length) => {
        kernels.sgd(w, v, 0, length, run.learningRate, 0);
      };
    },
    reset(arena) {
      arena.fill(0, velocity.offset >> 2, (velocity.offset >> 2) + size);
    },
    gradientSum({ arena, learningRate }, i, delta) {
      return momentum * arena[(velocity.offset >> 2) + i]! - ((1 - momentum) * delta) / learningRate;
    },
  };
}

/** Far apart for neighbouring steps, so that blocks of two steps do not meet the same hashes. */
const hashSeed = ({ seed, step }: Run) => (Math.imul(step, 0x2545f491) ^ seed) | 0;

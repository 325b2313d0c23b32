import type { Optimiser } from '../../task';
import type { Schedule } from '../arena/schedule';
import type { OptimiserState } from './optimiser';

/**
 * Adam (Kingma and Ba 2015, Algorithm 1, as TensorFlow.js and PyTorch have it), with the bias corrections folded into
 * rate and epsilon as the end of their section 2 shows.
 */
export function adamState(
  spec: Extract<Optimiser, { kind: 'adam' }>,
  schedule: Schedule,
  size: number,
): OptimiserState {
  const mean = schedule.keep('optimiser', size * 4);
  const spread = schedule.keep('optimiser', size * 4);
  // Adam forgets, so the mean gradient of the round cannot be read back from its state.
  const sum = schedule.keep('workspace', size * 4);
  const { beta1, beta2, epsilon } = spec;
  return {
    bind(kernels) {
      const [m, v, s] = [mean.offset, spread.offset, sum.offset];
      return (run, w, g, at, length) => {
        const correction = Math.sqrt(1 - beta2 ** run.step);
        const rate = (run.learningRate * correction) / (1 - beta1 ** run.step);
        const byte = at * 4;
        const floor = epsilon * correction;
        run.squares += kernels.adam(w, g, m + byte, v + byte, s + byte, length, rate, beta1, beta2, floor);
      };
    },
    reset(arena) {
      for (const { offset } of [mean, spread, sum]) arena.fill(0, offset >> 2, (offset >> 2) + size);
    },
    gradientSum({ arena }, i) {
      return arena[(sum.offset >> 2) + i]!;
    },
  };
}

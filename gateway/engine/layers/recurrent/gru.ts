import type { LayerOf } from '../../../model';
import { type Cell, floatBytes } from './cell';
import { recurrent } from './passes';

/**
 * Gated recurrent unit as Keras computes it (Cho 2014, with the reset after the product): with a = x W + b and
 * u = h U + d, each split into update, reset and candidate,
 *
 *     z = sigmoid(a_z + u_z),  r = sigmoid(a_r + u_r),  c = tanh(a_c + r u_c),  h' = z h + (1 - z) c
 *
 * Gates are z, r and c. For the backward pass u_c is kept beside them; there the gates become the gradients of u, and the
 * kept value that of a_c.
 */
const cell: Cell<LayerOf<'gru'>> = {
  gates: 3,
  carriesKept: false,
  readsStates: true,
  stateBias: (width) => width,

  bindStep:
    (kernels, { units }) =>
    ({ gates, before, next, kept }, products, count) =>
      kernels.gruStep(
        gates.at,
        gates.example,
        products,
        before.at,
        before.example,
        next.at,
        next.example,
        kept.at,
        kept.example,
        count,
        units,
      ),

  bindStepBack:
    (kernels, { units }) =>
    ({ gates, before, kept }, { state, dy, dyExample }, count) =>
      kernels.gruStepBack(
        gates.at,
        gates.example,
        kept.at,
        kept.example,
        before.at,
        before.example,
        dy,
        dyExample,
        state,
        count,
        units,
      ),

  bindBias(kernels, { units }) {
    const width = 3 * units;
    return ({ gates, kept }, db, count) => {
      kernels.affineBias(gates.at, 0, width, db, 1, count, 2 * units);
      kernels.affineBias(kept.at, 0, units, db + 2 * units * floatBytes, 1, count, units);
      kernels.affineBias(gates.at, 0, width, db + width * floatBytes, 1, count, width);
    };
  },

  emitInputGradients({ schedule, spec: { units }, inputShape: [length = 0], batch }, gates, kept) {
    schedule.emit('backward', [gates, kept], (kernels) => {
      const to = gates.offset + 2 * units * floatBytes;
      return () => kernels.copyRows(kept.offset, units, to, 3 * units, units, length * batch);
    });
  },
};

export const gru = recurrent(cell);

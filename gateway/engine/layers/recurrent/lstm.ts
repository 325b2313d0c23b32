import type { LayerOf } from '../../../model';
import type { Cell } from './cell';
import { recurrent } from './passes';

type Lstm = LayerOf<'lstm'>;

/** Slope of the line that stands in for a sigmoid: 1/5 in Keras 2 and TensorFlow.js. */
const hardSlope = 0.2;
const slopeOf = ({ gates = 'sigmoid' }: Lstm) => (gates === 'sigmoid' ? 0 : hardSlope);

/**
 * Long short-term memory as Keras computes it (Hochreiter and Schmidhuber 1997, with the forget gate of Gers 2000): with
 * the row's products a = x W + h U + b, split into input, forget, candidate and output,
 *
 *     i = sigmoid(a_i),  f = sigmoid(a_f),  g = tanh(a_c),  o = sigmoid(a_o),  c' = f c + i g,  h' = o tanh(c')
 *
 * Gates are i, f, g and o; the value beside the state is the cell. In the backward pass the gates become the gradients of
 * both products.
 */
const cell: Cell<Lstm> = {
  gates: 4,
  carriesKept: true,
  readsStates: false,
  stateBias: () => undefined,

  bindStep(kernels, spec) {
    const [slope, { units }] = [slopeOf(spec), spec];
    return ({ gates, next, keptBefore, kept }, products, count) =>
      kernels.lstmStep(
        gates.at,
        gates.example,
        products,
        keptBefore.at,
        keptBefore.example,
        kept.at,
        kept.example,
        next.at,
        next.example,
        count,
        units,
        slope,
      );
  },

  bindStepBack(kernels, spec) {
    const [slope, { units }] = [slopeOf(spec), spec];
    return ({ gates, keptBefore, kept }, carried, count) =>
      kernels.lstmStepBack(
        gates.at,
        gates.example,
        keptBefore.at,
        keptBefore.example,
        kept.at,
        kept.example,
        carried.dy,
        carried.dyExample,
        carried.state,
        carried.kept,
        count,
        units,
        slope,
      );
  },

  bindBias(kernels, { units }) {
    const width = 4 * units;
    return ({ gates }, db, count) => kernels.affineBias(gates.at, 0, width, db, 1, count, width);
  },
};

export const lstm = recurrent(cell);

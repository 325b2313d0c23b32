import type { LayerOf } from '../../../model';
import type { ArenaBuffer } from '../../arena/schedule';
import { address } from '../../arena/view';
import { type GradientSite, parameterAddress } from '../../parameters/parameters';
import { accumulate } from '../common/affine';
import type { EmitBackward, LayerContext, LayerModule } from '../common/layer';
import { bindInputProduct, bindProduct, inputPanel } from '../common/weights';
import { bindAddTransposed, rowsPanel } from './recurrent-weights';
import {
  floatBytes,
  type Parts,
  panelOfBoth,
  partsOf,
  type Row,
  rowOf,
  stateBefore,
  takenWhenDue,
} from './rows';

type Lstm = LayerOf<'lstm'>;
const gateCount = 4;
/** Slope of the line that stands in for a sigmoid: 1/5 in Keras 2 and TensorFlow.js. */
const hardSlope = 0.2;

/**
 * Long short-term memory as Keras computes it (Hochreiter and Schmidhuber 1997, with the forget gate of Gers 2000): with
 * the row's products a = x W + h U + b, split into input, forget, candidate and output,
 *
 *     i = sigmoid(a_i),  f = sigmoid(a_f),  g = tanh(a_c),  o = sigmoid(a_o),  c' = f c + i g,  h' = o tanh(c')
 *
 * For the backward pass i, f, g and o stay where the products were, beside the cells and the states, row by row. The
 * gradients of the products then take the gates' places. A program that only predicts holds one row.
 */
export const lstm: LayerModule<Lstm> = {
  inPlace: false,
  rounded: true,
  keepsOutput: ({ sequences }) => sequences === true,
  compile: (site) => {
    const parts = partsOf(site, gateCount);
    if (!site.backward) {
      emitForgetful(site, parts);
      return () => {};
    }
    const kept = emitForward(site, parts);
    return (dy, dx) => emitBackward(site, parts, kept, dy, dx);
  },
};

const slopeOf = ({ gates = 'sigmoid' }: Lstm) => (gates === 'sigmoid' ? 0 : hardSlope);

/** Input of the backward pass, one row of all examples after the other. */
interface Kept {
  /** `[length, batch, 4 units]`: i, f, g, o; on the way back the gradients of the products. */
  readonly gates: ArenaBuffer;
  /** `[length, batch, units]`: the cells after each row. */
  readonly cells: ArenaBuffer;
  readonly states: ArenaBuffer;
  readonly nothing: ArenaBuffer;
}

/** Place of the cells before row `t`: zero before the first. */
const cellsBefore = ({ cells, nothing }: Kept, batch: number, units: number, t: number): Row =>
  t === 0 ? { at: nothing.offset, example: 0 } : rowOf(cells, batch, units, t - 1);

/** Emits the forward pass of a program without a backward one: gates of one row, cells, and the state in the output. */
function emitForgetful(site: LayerContext<Lstm>, parts: Parts): void {
  const { schedule, spec, x, y, batch } = site;
  const { length, units, width, kernel, recurrent, bias } = parts;
  const room = (columns: number) => schedule.buffer('activations', batch * columns * floatBytes);
  const [gates, products, cells] = [room(width), room(width), room(units)];
  const nothing = schedule.buffer('workspace', units * floatBytes);
  const panel = panelOfBoth(site, parts);
  schedule.emit('forward', [x.buffer, y.buffer, gates, products, cells, nothing, panel], (kernels) => {
    const ofInput = bindProduct(kernels, kernel, parts.input);
    const ofState = bindProduct(kernels, recurrent, parts.state);
    const scratch = Math.max(0, panel.offset);
    const [b, a, u, c] = [parameterAddress(bias), gates.offset, products.offset, cells.offset];
    const [from, to] = [address(x), address(y)];
    const rowBytes = (spec.sequences ? units : 0) * floatBytes;
    const slope = slopeOf(spec);
    return ({ count }) => {
      kernels.zero(nothing.offset, units);
      kernels.zero(c, count * units);
      let state = nothing.offset;
      let stride = 0;
      for (let t = 0; t < length; t++) {
        const next = to + t * rowBytes;
        ofInput(from + t * x.width * floatBytes, 0, x.example, b, a, 0, width, scratch, 1, count);
        ofState(state, 0, stride, 0, u, 0, width, scratch, 1, count);
        kernels.lstmStep(a, width, u, c, units, c, units, next, y.example, count, units, slope);
        state = next;
        stride = y.example;
      }
    };
  });
}

/** Emits the forward pass of a program with a backward one. */
function emitForward(site: LayerContext<Lstm>, parts: Parts): Kept {
  const { schedule, spec, x, y, batch } = site;
  const { length, units, width, kernel, recurrent, bias } = parts;
  const room = (rows: number, columns: number) =>
    schedule.buffer('activations', batch * rows * columns * floatBytes);
  const kept: Kept = {
    gates: room(length, width),
    cells: room(length, units),
    states: room(spec.sequences ? 0 : length - 1, units),
    nothing: schedule.buffer('workspace', units * floatBytes),
  };
  const products = room(1, width);
  const panel = panelOfBoth(site, parts);
  const touched = [x.buffer, y.buffer, ...Object.values(kept), products, panel];
  schedule.emit('forward', touched, (kernels) => {
    const { gates, cells, nothing } = kept;
    const ofInput = bindProduct(kernels, kernel, parts.input);
    const ofState = bindProduct(kernels, recurrent, parts.state);
    const scratch = Math.max(0, panel.offset);
    const [b, u, slope] = [parameterAddress(bias), products.offset, slopeOf(spec)];
    const whenDue = takenWhenDue(batch, parts);
    const rows = Array.from({ length }, (_, t) => ({
      x: address(x, t),
      gates: rowOf(gates, batch, width, t),
      cell: cellsBefore(kept, batch, units, t),
      nextCell: rowOf(cells, batch, units, t),
      before: stateBefore(site, parts, kept, t),
      next: stateBefore(site, parts, kept, t + 1),
    }));
    return ({ count }) => {
      kernels.zero(nothing.offset, units);
      const [first, all] = [address(x), gates.offset];
      if (!whenDue) ofInput(first, x.example, x.width, b, all, width, batch * width, scratch, count, length);
      for (let t = 0; t < length; t++) {
        const { x: from, gates: a, cell, nextCell, before, next } = rows[t]!;
        if (whenDue) ofInput(from, 0, x.example, b, a.at, 0, width, scratch, 1, count);
        ofState(before.at, 0, before.example, 0, u, 0, width, scratch, 1, count);
        kernels.lstmStep(
          a.at,
          width,
          u,
          cell.at,
          cell.example,
          nextCell.at,
          units,
          next.at,
          next.example,
          count,
          units,
          slope,
        );
      }
    };
  });
  return kept;
}

/** Emits backpropagation through time (Werbos 1990), then the products over all rows. */
function emitBackward(
  site: LayerContext<Lstm>,
  parts: Parts,
  kept: Kept,
  dy: Parameters<EmitBackward>[0],
  dx: Parameters<EmitBackward>[1],
): void {
  const { schedule, spec, x, y, batch } = site;
  const { length, units, width, kernel, recurrent, bias } = parts;
  const { gates, cells, states, nothing } = kept;
  const updates: (() => void)[] = [];
  const output = spec.sequences ? [y.buffer] : [];

  const emitRows = (ofBias?: GradientSite) => {
    const carry = () => schedule.buffer('activations', batch * units * floatBytes);
    const [carried, carriedCell] = [carry(), carry()];
    const panel = rowsPanel(schedule, recurrent, parts.state);
    const opened = ofBias ? [ofBias.buffer] : [];
    const touched = [gates, cells, nothing, dy.buffer, carried, carriedCell, panel, ...opened];
    schedule.emit('backward', touched, (kernels) => {
      const addProduct = bindAddTransposed(kernels, recurrent, parts.state);
      const db = ofBias && ofBias.buffer.offset + ofBias.at;
      const slope = slopeOf(spec);
      const rows = Array.from({ length }, (_, t) => ({
        gates: rowOf(gates, batch, width, t),
        cell: cellsBefore(kept, batch, units, t),
        nextCell: rowOf(cells, batch, units, t),
        // Without sequences only the last state was given on.
        dy: spec.sequences ? address(dy, t) : t === length - 1 ? address(dy) : 0,
      }));
      return ({ count }) => {
        kernels.zero(carried.offset, count * units);
        kernels.zero(carriedCell.offset, count * units);
        for (let t = length - 1; t >= 0; t--) {
          const { gates: a, cell, nextCell, dy: given } = rows[t]!;
          kernels.lstmStepBack(
            a.at,
            width,
            cell.at,
            cell.example,
            nextCell.at,
            units,
            given,
            dy.example,
            carried.offset,
            carriedCell.offset,
            count,
            units,
            slope,
          );
          if (db !== undefined) kernels.affineBias(a.at, 0, width, db, 1, count, width);
          if (t > 0) addProduct(a.at, width, carried.offset, units, panel.offset, count);
        }
      };
    });
  };
  if (bias.trained) accumulate(updates, bias, emitRows);
  else emitRows();

  // Rows are examples here, and examples rows: what lies together is taken together.
  const step = batch * width;
  if (length > 1)
    accumulate(updates, recurrent, (gradient) =>
      schedule.emit('backward', [gates, states, ...output, gradient.buffer], (kernels) => {
        const first = stateBefore(site, parts, kept, 1);
        const [row, da] = [spec.sequences ? y.width : batch * units, rowOf(gates, batch, width, 1).at];
        const to = gradient.buffer.offset + gradient.at;
        return ({ count }) =>
          kernels.affineWeights(
            first.at,
            row,
            first.example,
            da,
            step,
            width,
            to,
            length - 1,
            count,
            units,
            width,
          );
      }),
    );
  accumulate(updates, kernel, (gradient) =>
    schedule.emit('backward', [x.buffer, gates, gradient.buffer], (kernels) => {
      const [from, da, to] = [address(x), gates.offset, gradient.buffer.offset + gradient.at];
      const inner = parts.input.channels;
      return ({ count }) =>
        kernels.affineWeights(from, x.width, x.example, da, step, width, to, length, count, inner, width);
    }),
  );
  if (dx) {
    const scratch = inputPanel(schedule, parts.input);
    schedule.emit('backward', [gates, dx.buffer, scratch], (kernels) => {
      const product = bindInputProduct(kernels, kernel, parts.input);
      const [da, to, at] = [gates.offset, address(dx), scratch.offset];
      return ({ count }) => product(da, width, step, to, dx.example, dx.width, at, count, length);
    });
  }
  for (const update of updates) update();
}

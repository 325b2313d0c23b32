import type { LayerOf } from '../../../model';
import type { ArenaBuffer } from '../../arena/schedule';
import { address } from '../../arena/view';
import { type GradientSite, parameterAddress } from '../../parameters/parameters';
import { accumulate } from '../common/affine';
import type { EmitBackward, LayerContext, LayerModule } from '../common/layer';
import { bindInputProduct, bindProduct, inputPanel } from '../common/weights';
import { bindAddTransposed, rowsPanel } from './recurrent-weights';
import { floatBytes, type Parts, panelOfBoth, partsOf, rowOf, stateBefore, takenWhenDue } from './rows';

type Gru = LayerOf<'gru'>;
const gateCount = 3;

/**
 * Gated recurrent unit as Keras computes it (Cho 2014, with the reset after the product): with a = x W + b and
 * u = h U + d, each split into update, reset and candidate,
 *
 *     z = sigmoid(a_z + u_z),  r = sigmoid(a_r + u_r),  c = tanh(a_c + r u_c),  h' = z h + (1 - z) c
 *
 * Both products are one matrix product a row, over the micro-batch. For the way back z, r and c stay where a was, beside
 * u_c and the states, row by row, so that what a row reads and writes lies together; a program that only predicts holds
 * one row.
 */
export const gru: LayerModule<Gru> = {
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

/** Input of the way back, one row of all examples after the other. */
interface Kept {
  /** `[length, batch, 3 units]`: z, r, c; on the way back the gradients of u. */
  readonly gates: ArenaBuffer;
  /** `[length, batch, units]`: u_c; on the way back the gradient of a_c. */
  readonly candidates: ArenaBuffer;
  /** `[length - 1, batch, units]`; nothing where the output has them. */
  readonly states: ArenaBuffer;
  /** A state of zeros. */
  readonly nothing: ArenaBuffer;
}

/** Emits the forward pass of a program that goes no way back: gates of one row, and the state in the output. */
function emitForgetful(site: LayerContext<Gru>, parts: Parts): void {
  const { schedule, spec, x, y, batch } = site;
  const { length, units, kernel, recurrent, bias } = parts;
  const gates = schedule.buffer('activations', batch * 3 * units * floatBytes);
  const products = schedule.buffer('activations', batch * 3 * units * floatBytes);
  const nothing = schedule.buffer('workspace', units * floatBytes);
  const panel = panelOfBoth(site, parts);
  schedule.emit('forward', [x.buffer, y.buffer, gates, products, nothing, panel], (kernels) => {
    const ofInput = bindProduct(kernels, kernel, parts.input);
    const ofState = bindProduct(kernels, recurrent, parts.state);
    const scratch = Math.max(0, panel.offset);
    const b = parameterAddress(bias);
    const d = b + 3 * units * floatBytes;
    const [a, u, width] = [gates.offset, products.offset, 3 * units];
    const [from, to] = [address(x), address(y)];
    const rowBytes = (spec.sequences ? units : 0) * floatBytes;
    return ({ count }) => {
      kernels.zero(nothing.offset, units);
      let state = nothing.offset;
      let stride = 0;
      for (let t = 0; t < length; t++) {
        const next = to + t * rowBytes;
        ofInput(from + t * x.width * floatBytes, 0, x.example, b, a, 0, width, scratch, 1, count);
        ofState(state, 0, stride, d, u, 0, width, scratch, 1, count);
        kernels.gruStep(a, width, u, state, stride, next, y.example, 0, 0, count, units);
        state = next;
        stride = y.example;
      }
    };
  });
}

/** Emits the forward pass of a program that goes the way back. */
function emitForward(site: LayerContext<Gru>, parts: Parts): Kept {
  const { schedule, spec, x, y, batch } = site;
  const { length, units, kernel, recurrent, bias } = parts;
  const width = 3 * units;
  const room = (rows: number, columns: number) =>
    schedule.buffer('activations', batch * rows * columns * floatBytes);
  const gates = room(length, width);
  const candidates = room(length, units);
  const states = room(spec.sequences ? 0 : length - 1, units);
  const nothing = schedule.buffer('workspace', units * floatBytes);
  const products = room(1, width);
  const panel = panelOfBoth(site, parts);
  const touched = [x.buffer, y.buffer, gates, candidates, states, nothing, products, panel];
  schedule.emit('forward', touched, (kernels) => {
    const ofInput = bindProduct(kernels, kernel, parts.input);
    const ofState = bindProduct(kernels, recurrent, parts.state);
    const scratch = Math.max(0, panel.offset);
    const b = parameterAddress(bias);
    const d = b + width * floatBytes;
    const u = products.offset;
    const whenDue = takenWhenDue(batch, parts);
    const rows = Array.from({ length }, (_, t) => ({
      x: address(x, t),
      gates: rowOf(gates, batch, width, t),
      kept: rowOf(candidates, batch, units, t),
      before: stateBefore(site, parts, { states, nothing }, t),
      next: stateBefore(site, parts, { states, nothing }, t + 1),
    }));
    return ({ count }) => {
      kernels.zero(nothing.offset, units);
      if (!whenDue)
        ofInput(
          address(x),
          x.example,
          x.width,
          b,
          gates.offset,
          width,
          batch * width,
          scratch,
          count,
          length,
        );
      for (let t = 0; t < length; t++) {
        const { x: from, gates: a, kept, before, next } = rows[t]!;
        if (whenDue) ofInput(from, 0, x.example, b, a.at, 0, a.example, scratch, 1, count);
        ofState(before.at, 0, before.example, d, u, 0, width, scratch, 1, count);
        kernels.gruStep(
          a.at,
          a.example,
          u,
          before.at,
          before.example,
          next.at,
          next.example,
          kept.at,
          kept.example,
          count,
          units,
        );
      }
    };
  });
  return { gates, candidates, states, nothing };
}

/** Emits backpropagation through time (Werbos 1990), then the products over all rows. */
function emitBackward(
  site: LayerContext<Gru>,
  parts: Parts,
  kept: Kept,
  dy: Parameters<EmitBackward>[0],
  dx: Parameters<EmitBackward>[1],
): void {
  const { schedule, spec, x, y, batch } = site;
  const { length, units, kernel, recurrent, bias } = parts;
  const { gates, candidates, states, nothing } = kept;
  const width = 3 * units;
  const updates: (() => void)[] = [];
  const output = spec.sequences ? [y.buffer] : [];

  const emitRows = (ofBias?: GradientSite) => {
    const carried = schedule.buffer('activations', batch * units * floatBytes);
    const panel = rowsPanel(schedule, recurrent, parts.state);
    const opened = ofBias ? [ofBias.buffer] : [];
    const touched = [gates, candidates, states, nothing, dy.buffer, carried, panel, ...output, ...opened];
    schedule.emit('backward', touched, (kernels) => {
      const addProduct = bindAddTransposed(kernels, recurrent, parts.state);
      const db = ofBias && ofBias.buffer.offset + ofBias.at;
      const rows = Array.from({ length }, (_, t) => ({
        gates: rowOf(gates, batch, width, t),
        kept: rowOf(candidates, batch, units, t),
        before: stateBefore(site, parts, kept, t),
        // Without sequences only the last state was given on.
        dy: spec.sequences ? address(dy, t) : t === length - 1 ? address(dy) : 0,
      }));
      return ({ count }) => {
        kernels.zero(carried.offset, count * units);
        for (let t = length - 1; t >= 0; t--) {
          const { gates: a, kept, before, dy: given } = rows[t]!;
          kernels.gruStepBack(
            a.at,
            a.example,
            kept.at,
            kept.example,
            before.at,
            before.example,
            given,
            dy.example,
            carried.offset,
            count,
            units,
          );
          if (db !== undefined) {
            const [ofCandidate, ofProducts] = [db + 2 * units * floatBytes, db + width * floatBytes];
            kernels.affineBias(a.at, 0, width, db, 1, count, 2 * units);
            kernels.affineBias(kept.at, 0, units, ofCandidate, 1, count, units);
            kernels.affineBias(a.at, 0, width, ofProducts, 1, count, width);
          }
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
        const [row, du] = [spec.sequences ? y.width : batch * units, rowOf(gates, batch, width, 1)];
        const to = gradient.buffer.offset + gradient.at;
        return ({ count }) =>
          kernels.affineWeights(
            first.at,
            row,
            first.example,
            du.at,
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
  if (kernel.trained || dx)
    schedule.emit('backward', [gates, candidates], (kernels) => {
      const to = gates.offset + 2 * units * floatBytes;
      return () => kernels.copyRows(candidates.offset, units, to, width, units, length * batch);
    });
  accumulate(updates, kernel, (gradient) =>
    schedule.emit('backward', [x.buffer, gates, gradient.buffer], (kernels) => {
      const [from, da, to] = [address(x), gates.offset, gradient.buffer.offset + gradient.at];
      const inner = parts.input.channels;
      return ({ count }) =>
        kernels.affineWeights(from, x.width, x.example, da, step, width, to, length, count, inner, width);
    }),
  );
  if (dx) {
    const inputScratch = inputPanel(schedule, parts.input);
    schedule.emit('backward', [gates, dx.buffer, inputScratch], (kernels) => {
      const product = bindInputProduct(kernels, kernel, parts.input);
      const [da, to, at] = [gates.offset, address(dx), inputScratch.offset];
      return ({ count }) => product(da, width, step, to, dx.example, dx.width, at, count, length);
    });
  }
  for (const update of updates) update();
}

import type { ArenaBuffer } from '../../arena/schedule';
import { address, type View } from '../../arena/view';
import type { GradientSite } from '../../parameters/parameters';
import { accumulate } from '../common/affine';
import type { LayerContext, LayerModule } from '../common/layer';
import { bindInputProduct, inputPanel } from '../common/weights';
import { type Cell, floatBytes, type Places, type Recurrent, type Row } from './cell';
import { bindProducts, type Parts, panelOfBoth, partsOf } from './products';
import { bindAddTransposed, rowsPanel } from './recurrent-weights';

/**
 * A layer of recurrent units. Both products are one matrix product a row, over the micro-batch. For the backward pass, gates,
 * kept values and states stay row by row, so that what a row reads and writes lies together; a program that only predicts
 * holds one row.
 */
export const recurrent = <S extends Recurrent>(cell: Cell<S>): LayerModule<S> => ({
  inPlace: false,
  rounded: true,
  keepsOutput: ({ sequences }) => sequences === true,
  compile(site) {
    const parts = partsOf(site, cell.gates);
    if (!site.backward) {
      emitForgetful(site, cell, parts);
      return () => {};
    }
    const kept = emitForward(site, cell, parts);
    return (dy, dx) => emitBackward(site, cell, parts, kept, dy, dx);
  },
});

/** Input of the backward pass, one row of all examples after the other. */
interface Kept {
  /** `[length, batch, gates * units]`; on the way back their gradients. */
  readonly gates: ArenaBuffer;
  /** `[length, batch, units]`: the values beside the states. */
  readonly values: ArenaBuffer;
  /** `[length - 1, batch, units]`; nothing where the output has them. */
  readonly states: ArenaBuffer;
  /** A state of zeros. */
  readonly nothing: ArenaBuffer;
}

const none: Row = { at: 0, example: 0 };

/** Emits the forward pass of a program without a backward one: gates of one row, and the state in the output. */
function emitForgetful<S extends Recurrent>(site: LayerContext<S>, cell: Cell<S>, parts: Parts): void {
  const { schedule, spec, x, y, batch } = site;
  const { length, units, width } = parts;
  const room = (columns: number) => schedule.buffer('activations', batch * columns * floatBytes);
  const [gates, products, values] = [room(width), room(width), room(cell.carriesKept ? units : 0)];
  const nothing = schedule.buffer('workspace', units * floatBytes);
  const panel = panelOfBoth(site, parts);
  schedule.emit('forward', [x.buffer, y.buffer, gates, products, values, nothing, panel], (kernels) => {
    const { ofInputRow, ofState } = bindProducts(kernels, parts, panel, cell.stateBias(width));
    const step = cell.bindStep(kernels, spec);
    const kept = cell.carriesKept ? { at: values.offset, example: units } : none;
    const before = { at: nothing.offset, example: 0 };
    const rows = Array.from({ length }, (_, t): Places => {
      const state = (row: number) => ({ at: address(y, spec.sequences ? row : 0), example: y.example });
      return {
        gates: { at: gates.offset, example: width },
        before: t === 0 ? before : state(t - 1),
        next: state(t),
        keptBefore: kept,
        kept,
      };
    });
    return ({ count }) => {
      kernels.zero(nothing.offset, units);
      if (cell.carriesKept) kernels.zero(values.offset, count * units);
      for (let t = 0; t < length; t++) {
        const row = rows[t]!;
        ofInputRow(address(x, t), x.example, row.gates, count);
        ofState(row.before, products.offset, count);
        step(row, products.offset, count);
      }
    };
  });
}

/** Emits the forward pass of a program with a backward one. */
function emitForward<S extends Recurrent>(site: LayerContext<S>, cell: Cell<S>, parts: Parts): Kept {
  const { schedule, spec, x, y, batch } = site;
  const { length, units, width } = parts;
  const room = (rows: number, columns: number) =>
    schedule.buffer('activations', batch * rows * columns * floatBytes);
  const kept: Kept = {
    gates: room(length, width),
    values: room(length, units),
    states: room(spec.sequences ? 0 : length - 1, units),
    nothing: schedule.buffer('workspace', units * floatBytes),
  };
  const products = room(1, width);
  const panel = panelOfBoth(site, parts);
  schedule.emit('forward', [x.buffer, y.buffer, ...Object.values(kept), products, panel], (kernels) => {
    const bound = bindProducts(kernels, parts, panel, cell.stateBias(width));
    const step = cell.bindStep(kernels, spec);
    const whenDue = bound.isTakenWhenDue(batch);
    const rows = Array.from({ length }, (_, t) => placesOf(site, parts, kept, t));
    return ({ count }) => {
      kernels.zero(kept.nothing.offset, units);
      if (!whenDue) bound.ofInputRows(x, kept.gates, batch, count);
      for (let t = 0; t < length; t++) {
        const row = rows[t]!;
        if (whenDue) bound.ofInputRow(address(x, t), x.example, row.gates, count);
        bound.ofState(row.before, products.offset, count);
        step(row, products.offset, count);
      }
    };
  });
  return kept;
}

/** Places of row `t`. Before the first, state and kept value are zero; the state after the last is the output. */
function placesOf(
  { spec, y, batch }: LayerContext<Recurrent>,
  { length, units, width }: Parts,
  { gates, values, states, nothing }: Kept,
  t: number,
): Places {
  const rowOf = (buffer: ArenaBuffer, columns: number, row: number): Row => ({
    at: buffer.offset + row * batch * columns * floatBytes,
    example: columns,
  });
  const zero = { at: nothing.offset, example: 0 };
  const state = (row: number): Row => {
    if (row === 0) return zero;
    if (spec.sequences) return { at: address(y, row - 1), example: y.example };
    return row === length ? { at: address(y), example: y.example } : rowOf(states, units, row - 1);
  };
  return {
    gates: rowOf(gates, width, t),
    before: state(t),
    next: state(t + 1),
    keptBefore: t === 0 ? zero : rowOf(values, units, t - 1),
    kept: rowOf(values, units, t),
  };
}

/** Emits backpropagation through time (Werbos 1990), then the products over all rows. */
function emitBackward<S extends Recurrent>(
  site: LayerContext<S>,
  cell: Cell<S>,
  parts: Parts,
  kept: Kept,
  dy: View,
  dx: View | undefined,
): void {
  const { schedule, spec, x, y, batch } = site;
  const { length, units, width, kernel, recurrent, bias } = parts;
  const { gates, values, states, nothing } = kept;
  const updates: (() => void)[] = [];
  const output = spec.sequences ? [y.buffer] : [];

  const emitRows = (ofBias?: GradientSite) => {
    const room = (columns: number) => schedule.buffer('activations', batch * columns * floatBytes);
    const [state, value] = [room(units), room(cell.carriesKept ? units : 0)];
    const panel = rowsPanel(schedule, recurrent, parts.state);
    const opened = ofBias ? [ofBias.buffer] : [];
    const read = cell.readsStates ? [states, ...output] : [];
    const touched = [gates, values, nothing, dy.buffer, state, value, panel, ...read, ...opened];
    schedule.emit('backward', touched, (kernels) => {
      const stepBack = cell.bindStepBack(kernels, spec);
      const addBias = cell.bindBias(kernels, spec);
      const addProduct = bindAddTransposed(kernels, recurrent, parts.state);
      const db = ofBias && ofBias.buffer.offset + ofBias.at;
      const rows = Array.from({ length }, (_, t) => ({
        places: placesOf(site, parts, kept, t),
        carried: {
          state: state.offset,
          kept: value.offset,
          // Without sequences only the last state was given on.
          dy: spec.sequences ? address(dy, t) : t === length - 1 ? address(dy) : 0,
          dyExample: dy.example,
        },
      }));
      return ({ count }) => {
        kernels.zero(state.offset, count * units);
        if (cell.carriesKept) kernels.zero(value.offset, count * units);
        for (let t = length - 1; t >= 0; t--) {
          const { places, carried } = rows[t]!;
          stepBack(places, carried, count);
          if (db !== undefined) addBias(places, db, count);
          if (t > 0) addProduct(places.gates.at, width, state.offset, units, panel.offset, count);
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
        const second = placesOf(site, parts, kept, 1);
        const row = spec.sequences ? y.width : batch * units;
        const { before, gates: da } = second;
        const to = gradient.buffer.offset + gradient.at;
        return ({ count }) =>
          kernels.affineWeights(
            before.at,
            row,
            before.example,
            da.at,
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
  if (kernel.trained || dx) cell.emitInputGradients?.(site, gates, values);
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

import type { LayerOf } from '../../task';
import type { ArenaBuffer } from '../arena/schedule';
import { address } from '../arena/view';
import { type GradientSite, type ParameterSite, parameterAddress } from '../parameters';
import type { EmitBackward, LayerModule, Site } from './layer';
import { bindInputProduct, bindProduct, inputPanel, type KernelShape, productPanel } from './weights';

type Gru = LayerOf<'gru'>;
const floatBytes = 4;

/**
 * Gated recurrent unit as Keras computes it (Cho 2014, with the reset after the product): with a = x W + b and
 * u = h U + d, each split into update, reset and candidate,
 *
 *     z = sigmoid(a_z + u_z),  r = sigmoid(a_r + u_r),  c = tanh(a_c + r u_c),  h' = z h + (1 - z) c
 *
 * The products of the input are one matrix product over all rows; those of the state one a row, over the micro-batch.
 * For the way back z, r and c stay where a was, beside u_c and the states; a program that only predicts holds one row.
 */
export const gru: LayerModule<Gru> = {
  inPlace: false,
  rounded: true,
  keepsOutput: ({ sequences }) => sequences === true,
  compile: (site) => {
    const parts = partsOf(site);
    if (!site.backward) {
      emitForgetful(site, parts);
      return () => {};
    }
    const kept = emitForward(site, parts);
    return (dy, dx) => emitBackward(site, parts, kept, dy, dx);
  },
};

/** Shapes and tensors of a unit in its place. */
interface Parts {
  readonly length: number;
  readonly units: number;
  readonly kernel: ParameterSite;
  readonly recurrent: ParameterSite;
  readonly bias: ParameterSite;
  /** Of the input's kernel, and of the state's. */
  readonly input: KernelShape;
  readonly state: KernelShape;
}

/** A value of one row of all examples: where the first example has it, and how far on the next. */
interface Row {
  readonly at: number;
  readonly example: number;
}

/** What the way back reads. */
interface Kept {
  /** `[batch, length, 3 units]`: z, r, c; on the way back the gradients of a. */
  readonly gates: ArenaBuffer;
  /** `[batch, length, units]`: u_c. */
  readonly candidates: ArenaBuffer;
  /** `[batch, length - 1, units]`; nothing where the output has them. */
  readonly states: ArenaBuffer;
  /** A state of zeros. */
  readonly nothing: ArenaBuffer;
}

function partsOf({ spec, parameters, inputShape }: Site<Gru>): Parts {
  const [kernel, recurrent, bias] = parameters as [ParameterSite, ParameterSite, ParameterSite];
  const [length, channels] = inputShape as [number, number];
  const { units } = spec;
  const shape = (inner: number) => ({ positions: 1, channels: inner, outputs: 3 * units });
  return { length, units, kernel, recurrent, bias, input: shape(channels), state: shape(units) };
}

/** Row `t` of a buffer `[batch, length, width]`. */
const rowOf = (buffer: ArenaBuffer, length: number, width: number, t: number): Row => ({
  at: buffer.offset + t * width * floatBytes,
  example: length * width,
});

/** Emits the forward pass of a program that goes no way back: gates of one row, and the state in the output. */
function emitForgetful(site: Site<Gru>, parts: Parts): void {
  const { schedule, spec, x, y, batch } = site;
  const { length, units, kernel, recurrent, bias } = parts;
  const gates = schedule.buffer('activations', batch * 3 * units * floatBytes);
  const products = schedule.buffer('activations', batch * 3 * units * floatBytes);
  const nothing = schedule.buffer('workspace', units * floatBytes);
  const panels = [
    productPanel(schedule, kernel, parts.input),
    productPanel(schedule, recurrent, parts.state),
  ];
  schedule.emit('forward', [x.buffer, y.buffer, gates, products, nothing, ...panels], (kernels) => {
    const ofInput = bindProduct(kernels, kernel, parts.input);
    const ofState = bindProduct(kernels, recurrent, parts.state);
    const [p0, p1] = panels.map(({ offset }) => Math.max(0, offset)) as [number, number];
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
        ofInput(from + t * x.width * floatBytes, 0, x.example, b, a, 0, width, p0, 1, count);
        ofState(state, 0, stride, d, u, 0, width, p1, 1, count);
        kernels.gruStep(a, width, u, state, stride, next, y.example, 0, 0, count, units);
        state = next;
        stride = y.example;
      }
    };
  });
}

/** Emits the forward pass of a program that goes the way back. */
function emitForward(site: Site<Gru>, parts: Parts): Kept {
  const { schedule, spec, x, y, batch } = site;
  const { length, units, kernel, recurrent, bias } = parts;
  const width = 3 * units;
  const room = (rows: number, columns: number) =>
    schedule.buffer('activations', batch * rows * columns * floatBytes);
  const gates = room(length, width);
  const candidates = room(length, units);
  const states = room(spec.sequences ? 0 : length - 1, units);
  const nothing = schedule.buffer('workspace', units * floatBytes);

  const panel = productPanel(schedule, kernel, parts.input);
  schedule.emit('forward', [x.buffer, gates, panel], (kernels) => {
    const product = bindProduct(kernels, kernel, parts.input);
    const [from, b, to, scratch] = [
      address(x),
      parameterAddress(bias),
      gates.offset,
      Math.max(0, panel.offset),
    ];
    return ({ count }) =>
      product(from, x.example, x.width, b, to, length * width, width, scratch, count, length);
  });

  const products = schedule.buffer('activations', batch * width * floatBytes);
  const statePanel = productPanel(schedule, recurrent, parts.state);
  const touched = [gates, candidates, states, nothing, y.buffer, products, statePanel];
  schedule.emit('forward', touched, (kernels) => {
    const product = bindProduct(kernels, recurrent, parts.state);
    const d = parameterAddress(bias) + width * floatBytes;
    const [u, scratch] = [products.offset, Math.max(0, statePanel.offset)];
    const rows = Array.from({ length }, (_, t) => ({
      gates: rowOf(gates, length, width, t),
      kept: rowOf(candidates, length, units, t),
      before: stateBefore(site, parts, { states, nothing }, t),
      next: stateBefore(site, parts, { states, nothing }, t + 1),
    }));
    return ({ count }) => {
      kernels.zero(nothing.offset, units);
      for (let t = 0; t < length; t++) {
        const { gates: a, kept, before, next } = rows[t]!;
        product(before.at, 0, before.example, d, u, 0, width, scratch, 1, count);
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

/** Where the state before row `t` lies; before the first it is zero, and the last is the output. */
function stateBefore(
  { spec, y }: Site<Gru>,
  { length, units }: Parts,
  { states, nothing }: Pick<Kept, 'states' | 'nothing'>,
  t: number,
): Row {
  if (t === 0) return { at: nothing.offset, example: 0 };
  if (spec.sequences) return { at: address(y, t - 1), example: y.example };
  if (t === length) return { at: address(y), example: y.example };
  return rowOf(states, length - 1, units, t - 1);
}

/** Emits backpropagation through time (Werbos 1990), then the products over all rows. */
function emitBackward(
  site: Site<Gru>,
  parts: Parts,
  kept: Kept,
  dy: Parameters<EmitBackward>[0],
  dx: Parameters<EmitBackward>[1],
): void {
  const { schedule, spec, x, batch } = site;
  const { length, units, kernel, recurrent, bias } = parts;
  const { gates, candidates, states, nothing } = kept;
  const width = 3 * units;
  const updates: (() => void)[] = [];
  const open = (parameter: ParameterSite): GradientSite | undefined => {
    const { trained, gradients } = parameter;
    let gradient: GradientSite | undefined;
    if (trained && gradients) updates.push(gradients.emit(trained, (site) => (gradient = site)));
    return gradient;
  };

  const ofRecurrent = open(recurrent);
  const ofBias = open(bias);
  const room = (columns: number) => schedule.buffer('activations', batch * columns * floatBytes);
  const [products, carried, fromProducts] = [room(width), room(units), room(units)];
  const panel = inputPanel(schedule, parts.state);
  const opened = [ofRecurrent, ofBias].flatMap((gradient) => (gradient ? [gradient.buffer] : []));
  const scratch = [products, carried, fromProducts, panel];
  const output = site.spec.sequences ? [site.y.buffer] : [];
  const touched = [gates, candidates, states, nothing, dy.buffer, ...output, ...opened, ...scratch];
  schedule.emit('backward', touched, (kernels) => {
    const product = bindInputProduct(kernels, recurrent, parts.state);
    const du = products.offset;
    const dU = ofRecurrent && ofRecurrent.buffer.offset + ofRecurrent.at;
    const dd = ofBias && ofBias.buffer.offset + ofBias.at + width * floatBytes;
    const rows = Array.from({ length }, (_, t) => ({
      gates: rowOf(gates, length, width, t),
      kept: rowOf(candidates, length, units, t),
      before: stateBefore(site, parts, kept, t),
      // Without sequences only the last state was given on.
      dy: spec.sequences ? address(dy, t) : t === length - 1 ? address(dy) : 0,
    }));
    return ({ count }) => {
      kernels.zero(carried.offset, count * units);
      kernels.zero(fromProducts.offset, count * units);
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
          fromProducts.offset,
          du,
          count,
          units,
        );
        if (dU !== undefined)
          kernels.affineWeights(before.at, 0, before.example, du, 0, width, dU, 1, count, units, width);
        if (dd !== undefined) kernels.affineBias(du, 0, width, dd, 1, count, width);
        if (t > 0) product(du, 0, width, fromProducts.offset, 0, units, panel.offset, 1, count);
      }
    };
  });

  const over = length * width;
  const ofKernel = open(kernel);
  if (ofKernel) {
    schedule.emit('backward', [x.buffer, gates, ofKernel.buffer], (kernels) => {
      const [from, da, to] = [address(x), gates.offset, ofKernel.buffer.offset + ofKernel.at];
      const inner = parts.input.channels;
      return ({ count }) =>
        kernels.affineWeights(from, x.example, x.width, da, over, width, to, count, length, inner, width);
    });
  }
  if (ofBias) {
    schedule.emit('backward', [gates, ofBias.buffer], (kernels) => {
      const [da, to] = [gates.offset, ofBias.buffer.offset + ofBias.at];
      return ({ count }) => kernels.affineBias(da, over, width, to, count, length, width);
    });
  }
  if (dx) {
    const inputScratch = inputPanel(schedule, parts.input);
    schedule.emit('backward', [gates, dx.buffer, inputScratch], (kernels) => {
      const product = bindInputProduct(kernels, kernel, parts.input);
      const [da, to, at] = [gates.offset, address(dx), inputScratch.offset];
      return ({ count }) => product(da, over, width, to, dx.example, dx.width, at, count, length);
    });
  }
  for (const update of updates) update();
}

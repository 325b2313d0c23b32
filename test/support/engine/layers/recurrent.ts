import type * as tf from '@tensorflow/tfjs';
import type { LayerOf } from '../../../../gateway/model';
import { A, B, C, D, type KernelCase } from './kernel-case';
import { type LayerCase, ofRank, type Values } from './layer-case';

const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));

export const recurrent = {
  /** Keras' GRU with `reset_after`; columns of the weights are update, reset, candidate. */
  gru: {
    shapes: [
      ['a last state', [6, 3], { units: 4 }, [4]],
      ['all states', [6, 3], { units: 4, sequences: true }, [6, 4]],
    ],

    reference({ units, sequences }, x, { from: [length = 0, channels = 0], tensors }) {
      const [w, u, b] = tensors as [Values, Values, Values];
      const width = 3 * units;
      const product = (row: ArrayLike<number>, weights: Values, bias: Values) =>
        Array.from({ length: width }, (_, n) => {
          let sum = bias[n]!;
          for (let i = 0; i < row.length; i++) sum += row[i]! * weights[i * width + n]!;
          return sum;
        });
      let state: number[] = Array(units).fill(0);
      const states: number[] = [];
      for (let t = 0; t < length; t++) {
        const fromInput = product(x.subarray(t * channels, (t + 1) * channels), w, b.subarray(0, width));
        const fromState = product(state, u, b.subarray(width));
        state = state.map((before, i) => {
          const update = sigmoid(fromInput[i]! + fromState[i]!);
          const reset = sigmoid(fromInput[units + i]! + fromState[units + i]!);
          const candidate = Math.tanh(fromInput[2 * units + i]! + reset * fromState[2 * units + i]!);
          return update * before + (1 - update) * candidate;
        });
        states.push(...state);
      }
      return Float64Array.from(sequences ? states : state);
    },

    // TensorFlow.js has no layer for a GRU whose reset comes after the product: it is written in operations.
    tensorFlow(tf, { units, sequences }, x, { tensors }) {
      const [kernel, weights, bias] = tensors as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
      const [ofInput, ofState] = tf.unstack(bias) as [tf.Tensor, tf.Tensor];
      let state = tf.zeros([x.shape[0]!, units]) as tf.Tensor2D;
      const states = (tf.unstack(x, 1) as tf.Tensor2D[]).map((row) => {
        const split = (product: tf.Tensor) => tf.split(product, 3, 1) as [tf.Tensor, tf.Tensor, tf.Tensor];
        const [az, ar, ac] = split(tf.add(tf.matMul(row, kernel), ofInput));
        const [uz, ur, uc] = split(tf.add(tf.matMul(state, weights), ofState));
        const z = tf.sigmoid(tf.add(az, uz));
        const candidate = tf.tanh(tf.add(ac, tf.mul(tf.sigmoid(tf.add(ar, ur)), uc)));
        state = tf.add(tf.mul(z, state), tf.mul(tf.sub(1, z), candidate));
        return state;
      });
      return sequences ? tf.stack(states, 1) : state;
    },

    draw: ofRank(2, ({ size, pick }) => ({ units: size, ...pick([{}, { sequences: true }]) })),
  } satisfies LayerCase<LayerOf<'gru'>>,

  /** Keras' LSTM; columns of the weights are input, forget, candidate, output. */
  lstm: {
    shapes: [
      ['a last state', [6, 3], { units: 4 }, [4]],
      ['all states', [6, 3], { units: 4, sequences: true }, [6, 4]],
      ['gates that open along a line', [6, 3], { units: 4, gates: 'hard-sigmoid' }, [4]],
    ],

    reference({ units, sequences, gates }, x, { from: [length = 0, channels = 0], tensors }) {
      const [w, u, b] = tensors as [Values, Values, Values];
      const width = 4 * units;
      const open = (value: number) =>
        gates === 'hard-sigmoid' ? Math.min(1, Math.max(0, 0.2 * value + 0.5)) : sigmoid(value);
      let state: number[] = Array(units).fill(0);
      let cell: number[] = Array(units).fill(0);
      const states: number[] = [];
      for (let t = 0; t < length; t++) {
        const row = x.subarray(t * channels, (t + 1) * channels);
        const sums = Array.from({ length: width }, (_, n) => {
          let sum = b[n]!;
          for (let i = 0; i < channels; i++) sum += row[i]! * w[i * width + n]!;
          for (let i = 0; i < units; i++) sum += state[i]! * u[i * width + n]!;
          return sum;
        });
        cell = cell.map(
          (before, i) => open(sums[units + i]!) * before + open(sums[i]!) * Math.tanh(sums[2 * units + i]!),
        );
        state = cell.map((content, i) => open(sums[3 * units + i]!) * Math.tanh(content));
        states.push(...state);
      }
      return Float64Array.from(sequences ? states : state);
    },

    tensorFlow(tf, { units, sequences, gates }, x, { tensors }) {
      const [kernel, weights, bias] = tensors as [tf.Tensor2D, tf.Tensor2D, tf.Tensor1D];
      const open = (value: tf.Tensor) =>
        gates === 'hard-sigmoid' ? tf.clipByValue(tf.add(tf.mul(value, 0.2), 0.5), 0, 1) : tf.sigmoid(value);
      let state = tf.zeros([x.shape[0]!, units]) as tf.Tensor2D;
      let cell: tf.Tensor = state;
      const states = (tf.unstack(x, 1) as tf.Tensor2D[]).map((row) => {
        const sums = tf.add(tf.add(tf.matMul(row, kernel), tf.matMul(state, weights)), bias);
        const [i, f, c, o] = tf.split(sums, 4, 1) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
        cell = tf.add(tf.mul(open(f), cell), tf.mul(open(i), tf.tanh(c)));
        state = tf.mul(open(o), tf.tanh(cell));
        return state;
      });
      return sequences ? tf.stack(states, 1) : state;
    },

    draw: ofRank(2, ({ size, pick }) => ({
      units: 2 * size,
      ...pick([{}, { sequences: true }]),
      ...pick([{}, { gates: 'hard-sigmoid' as const }]),
    })),
  } satisfies LayerCase<LayerOf<'lstm'>>,
};

/** Kernels of recurrent units, and of the products with their transposed weights. */
export const recurrentKernels: readonly KernelCase[] = [
  ...[3, 8, 13].flatMap((units): KernelCase[] => {
    const [gates, state] = [3 * units + 5, units + 2];
    return [
      {
        title: `gruStep of ${units} units`,
        call: (k) => void k.gruStep(A, gates, B, C, state, C + 2048, state, D, units, 3, units),
      },
      {
        title: `gruStep of ${units} units that keeps nothing`,
        call: (k) => void k.gruStep(A, gates, B, C, state, C, state, 0, 0, 3, units),
      },
      ...[D, 0].map(
        (dy): KernelCase => ({
          title: `gruStepBack of ${units} units${dy ? '' : ' without a gradient of its own'}`,
          call: (k) => void k.gruStepBack(A, gates, B, units, B + 2048, 0, dy, state, C, 3, units),
        }),
      ),
    ];
  }),
  ...[3, 8, 13].flatMap((units) =>
    [0, 0.2].flatMap((slope): KernelCase[] => {
      const [gates, state] = [4 * units + 5, units + 2];
      const kind = `${units} units${slope ? ' along a line' : ''}`;
      return [
        {
          title: `lstmStep of ${kind}`,
          call: (k) => void k.lstmStep(A, gates, B, C, state, C + 2048, state, D, state + 1, 3, units, slope),
        },
        {
          title: `lstmStep of ${kind} in place`,
          call: (k) => void k.lstmStep(A, gates, B, C, state, C, state, D, state, 3, units, slope),
        },
        ...[D, 0].map(
          (dy): KernelCase => ({
            title: `lstmStepBack of ${kind}${dy ? '' : ' without a gradient of its own'}`,
            call: (k) =>
              void k.lstmStepBack(A, gates, B, units, B + 2048, 0, dy, state, C, C + 2048, 3, units, slope),
          }),
        ),
      ];
    }),
  ),
  // Rows and columns that fill tiles, and that do not.
  ...[
    { rows: 4, inner: 12, columns: 8 },
    { rows: 3, inner: 15, columns: 7 },
    { rows: 1, inner: 9, columns: 3 },
    { rows: 2, inner: 2, columns: 1 },
  ].map(
    ({ rows, inner, columns }): KernelCase => ({
      title: `addTransposed of ${rows} rows, ${inner} -> ${columns}`,
      call: (k) => void k.addTransposed(A, inner + 1, B, C, columns + 2, rows, inner, columns),
    }),
  ),
];

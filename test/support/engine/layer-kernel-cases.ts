import type { Kernels } from '../../../gateway/engine/kernels/kernels';
import { A, B, C, D, type KernelCase } from './kernel-case';

/** In place and from place to place, at sizes that fill vectors and that do not. */
const rows = [5, 8, 37].flatMap((size): KernelCase[] => {
  const [a, b] = [size + 3, size + 1];
  return [
    { title: `copyRows of ${size}`, call: (k) => void k.copyRows(A, a, B, b, size, 3) },
    { title: `addRows of ${size}`, call: (k) => void k.addRows(A, a, B, b, size, 3) },
    { title: `addRows of ${size} to themselves`, call: (k) => void k.addRows(A, a, A, a, size, 3) },
    {
      title: `relu6 of ${size}`,
      // Scaled, so that some are above six.
      call: (k) => {
        k.addRows(A, a, A, a, size, 3);
        k.addRows(A, a, A, a, size, 3);
        k.addRows(A, a, A, a, size, 3);
        return void k.relu6(A, a, size, 3, D);
      },
      bits: { at: D, bytes: 3 * Math.ceil(size / 8) },
    },
    { title: `relu6 of ${size} without a mask`, call: (k) => void k.relu6(A, a, size, 3, 0) },
    { title: `tanh of ${size}`, call: (k) => void k.tanh(A, a, size, 3) },
    { title: `tanhBack of ${size}`, call: (k) => void k.tanhBack(A, a, B, b, size, 3) },
    { title: `sigmoid of ${size}`, call: (k) => void k.sigmoid(A, a, size, 3) },
    { title: `sigmoidBack of ${size}`, call: (k) => void k.sigmoidBack(A, a, B, b, size, 3) },
    { title: `dropout of ${size}`, call: (k) => void k.dropout(A, a, size, 3, -77, 5, 2 ** 31, 2) },
    { title: `dropout of nothing of ${size}`, call: (k) => void k.dropout(A, a, size, 3, 12, 0, 0, 1) },
  ];
});

const pictures = [
  { height: 5, width: 7, channels: 3, down: 2, across: 3 },
  { height: 4, width: 6, channels: 8, down: 2, across: 2 },
  { height: 9, width: 1, channels: 5, down: 3, across: 1 },
  { height: 3, width: 4, channels: 11, down: 1, across: 2 },
].flatMap(({ height, width, channels, down, across }): KernelCase[] => {
  const size = height * width * channels;
  const [example, pooled] = [size + 2, Math.floor(height / down) * Math.floor(width / across) * channels + 3];
  const shape = [2, height, width, channels, down, across] as const;
  const name = `[${height}, ${width}, ${channels}] by [${down}, ${across}]`;
  const bits = { at: D, bytes: 2 * Math.ceil(size / 8) };
  return [
    ...[0, 1].map(
      (relu): KernelCase => ({
        title: `maxPool2d${relu ? ' after ReLU' : ''}, ${name}`,
        call: (k) => void k.maxPool2d(A, example, B, pooled, D, ...shape, relu),
        bits,
      }),
    ),
    {
      title: `maxPool2d without a mask, ${name}`,
      call: (k) => void k.maxPool2d(A, example, B, pooled, 0, ...shape, 1),
    },
    {
      title: `maxPool2dBack, ${name}`,
      call: (k) => void k.maxPool2dBack(A, pooled, B, example, D, ...shape),
    },
    { title: `averagePool2d, ${name}`, call: (k) => void k.averagePool2d(A, example, B, pooled, ...shape) },
    {
      title: `averagePool2dBack, ${name}`,
      call: (k) => void k.averagePool2dBack(A, pooled, B, example, ...shape),
    },
  ];
});

const repeated = [3, 8, 13].flatMap((channels): KernelCase[] => [
  {
    title: `upsample of ${channels} channels`,
    call: (k) => void k.upsample(A, 5 * channels + 1, B, 15 * channels + 2, 2, 5, channels, 3),
  },
  {
    title: `upsampleBack of ${channels} channels`,
    call: (k) => void k.upsampleBack(A, 15 * channels + 1, B, 5 * channels + 2, 2, 5, channels, 3),
  },
]);

const normalised = [3, 8, 13].flatMap((channels): KernelCase[] => {
  const example = 6 * channels + 2;
  // The variance is made of squares, so that it is not negative.
  const squares = (k: Kernels) => {
    k.zero(D, channels);
    k.affineWeights(A, channels, channels, A, 1, 1, D, 1, 1, channels, 1);
    k.relu(D, channels, channels, 1, 0);
  };
  return [
    {
      title: `foldNorm of ${channels} channels`,
      call: (k) => {
        squares(k);
        return void k.foldNorm(A, A + 400, A + 800, D, 0.001, C, channels);
      },
    },
    {
      title: `scaleRows of ${channels} channels`,
      call: (k) => void k.scaleRows(A, example, B, example + 3, 2, 6, channels, C, D),
    },
    {
      title: `scaleRows of ${channels} channels without a shift`,
      call: (k) => void k.scaleRows(A, example, A, example, 2, 6, channels, C, 0),
    },
    {
      title: `normGamma of ${channels} channels`,
      call: (k) => {
        squares(k);
        return void k.normGamma(A, example, B, example + 1, C, D + 400, D, 0.01, 2, 6, channels);
      },
    },
  ];
});

const recurrent = [3, 8, 13].flatMap((units): KernelCase[] => {
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
});

/** Rows and columns that fill tiles, and that do not. */
const transposed = [
  { rows: 4, inner: 12, columns: 8 },
  { rows: 3, inner: 15, columns: 7 },
  { rows: 1, inner: 9, columns: 3 },
  { rows: 2, inner: 2, columns: 1 },
].map(
  ({ rows, inner, columns }): KernelCase => ({
    title: `addTransposed of ${rows} rows, ${inner} -> ${columns}`,
    call: (k) => void k.addTransposed(A, inner + 1, B, C, columns + 2, rows, inner, columns),
  }),
);

const losses = [0.25, 0].flatMap((scale): KernelCase[] => {
  const doing = scale ? 'with its gradient' : 'while evaluating';
  return [
    {
      title: `sigmoidLoss of several ${doing}`,
      call: (k) => k.sigmoidLoss(A, 7, D, B, 9, 6, 4, scale),
      ints: [{ at: D, values: [5, 0, 2, 2] }],
    },
    {
      title: `sigmoidLoss of one ${doing}`,
      call: (k) => k.sigmoidLoss(A, 3, D, B, 2, 1, 4, scale),
      ints: [{ at: D, values: [0, 1, 1, 0] }],
    },
    { title: `mean squared error ${doing}`, call: (k) => k.valueLoss(A, 7, C, 6, B, 9, 5, 4, scale, 0) },
    { title: `Huber's loss ${doing}`, call: (k) => k.valueLoss(A, 7, C, 6, B, 9, 5, 4, scale, 1) },
  ];
});

/** Every kernel of layers without a matrix product, of recurrent units, and of losses on sigmoids and values. */
export const layerKernelCases: readonly KernelCase[] = [
  ...rows,
  ...pictures,
  ...repeated,
  ...normalised,
  ...recurrent,
  ...transposed,
  ...losses,
  { title: 'sigmoidLoss without labels', call: (k) => k.sigmoidLoss(A, 7, 0, A, 7, 6, 4, 0) },
];

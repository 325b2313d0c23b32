import type * as tf from '@tensorflow/tfjs';
import { type BothWays, bothWays, type LayerOf } from '../../../../gateway/model';
import { A, B, D, type KernelCase } from './kernel-case';
import { type LayerCase, mean, ofRank, type ReferenceSite, type TensorFlow, type Values } from './layer-case';

const largest = (values: readonly number[]) => Math.max(...values);

export const pooling = {
  maxpool1d: {
    shapes: [['pooling that leaves rows over', [7, 3], { size: 2 }, [3, 3]]],
    reference: ({ size }, x, site) => pooledRows(x, site, size, largest),
    tensorFlow: (tf, { size }, x) =>
      overRows(tf, x, (rows) => tf.maxPool(rows, [size, 1], [size, 1], 'valid')),
    draw: ofRank(2, ({ size }) => ({ size })),
  } satisfies LayerCase<LayerOf<'maxpool1d'>>,

  averagepool1d: {
    shapes: [['averages', [7, 3], { size: 3 }, [2, 3]]],
    reference: ({ size }, x, site) => pooledRows(x, site, size, mean),
    tensorFlow: (tf, { size }, x) =>
      overRows(tf, x, (rows) => tf.avgPool(rows, [size, 1], [size, 1], 'valid')),
    draw: ofRank(2, ({ size }) => ({ size })),
  } satisfies LayerCase<LayerOf<'averagepool1d'>>,

  maxpool2d: {
    shapes: [['the largest of square windows', [7, 5, 3], {}, [3, 2, 3]]],
    reference: ({ size }, x, site) => pooled(x, site, size, largest),
    tensorFlow: (tf, { size }, x) => tf.maxPool(x as tf.Tensor4D, pair(size), pair(size), 'valid'),
    draw: ofRank(3, ({ sizes }) => ({ size: sizes })),
  } satisfies LayerCase<LayerOf<'maxpool2d'>>,

  averagepool2d: {
    shapes: [['pooling of pictures', [7, 5, 3], { size: [2, 3] }, [3, 1, 3]]],
    reference: ({ size }, x, site) => pooled(x, site, size, mean),
    tensorFlow: (tf, { size }, x) => tf.avgPool(x as tf.Tensor4D, pair(size), pair(size), 'valid'),
    draw: ofRank(3, ({ sizes }) => ({ size: sizes })),
  } satisfies LayerCase<LayerOf<'averagepool2d'>>,

  globalaveragepool1d: {
    shapes: [['the mean over the length', [7, 3], {}, [3]]],
    reference: (_, x, { from }) => channelMeans(x, from.at(-1)!),
    tensorFlow: (tf, _, x) => tf.mean(x, 1),
    draw: ofRank(2, () => ({})),
  } satisfies LayerCase<LayerOf<'globalaveragepool1d'>>,

  globalaveragepool2d: {
    shapes: [['the mean over a picture', [7, 5, 3], {}, [3]]],
    reference: (_, x, { from }) => channelMeans(x, from.at(-1)!),
    tensorFlow: (tf, _, x) => tf.mean(x, [1, 2]),
    draw: ofRank(3, () => ({})),
  } satisfies LayerCase<LayerOf<'globalaveragepool2d'>>,

  globalmaxpool1d: {
    shapes: [['the largest over the length', [7, 3], {}, [3]]],
    reference: (_, x, { from }) => channelsLargest(x, from.at(-1)!),
    tensorFlow: (tf, _, x) => tf.max(x, 1),
    draw: ofRank(2, () => ({})),
  } satisfies LayerCase<LayerOf<'globalmaxpool1d'>>,

  globalmaxpool2d: {
    shapes: [['the largest of a picture', [7, 5, 3], {}, [3]]],
    reference: (_, x, { from }) => channelsLargest(x, from.at(-1)!),
    tensorFlow: (tf, _, x) => tf.max(x, [1, 2]),
    draw: ofRank(3, () => ({})),
  } satisfies LayerCase<LayerOf<'globalmaxpool2d'>>,
};

const channelsLargest = (x: Values, channels: number) =>
  Float64Array.from({ length: channels }, (_, c) => largest([...x.filter((_, i) => i % channels === c)]));

const pair = (size: BothWays) => [...bothWays(size)] as [number, number];

/** Rows as pictures one wide, and back. */
const overRows = (tf: TensorFlow, x: tf.Tensor, pool: (rows: tf.Tensor4D) => tf.Tensor) =>
  tf.squeeze(pool(tf.expandDims(x, 2) as tf.Tensor4D), [2]);

const channelMeans = (x: Values, channels: number) =>
  Float64Array.from({ length: channels }, (_, c) => mean([...x.filter((_, i) => i % channels === c)]));

const pooledRows = (
  x: Values,
  { from, to, ...site }: ReferenceSite,
  size: number,
  reduce: (values: readonly number[]) => number,
) => pooled(x, { ...site, from: [from[0]!, 1, from[1]!], to: [to[0]!, 1, to[1]!] }, [size, 1], reduce);

function pooled(
  x: Values,
  { from: [, width = 1, channels = 1], to: [rows = 1, columns = 1] }: ReferenceSite,
  size: BothWays,
  reduce: (values: readonly number[]) => number,
): Values {
  const [down, across] = bothWays(size);
  const y: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      for (let c = 0; c < channels; c++) {
        const window: number[] = [];
        for (let j = 0; j < down; j++)
          for (let k = 0; k < across; k++)
            window.push(x[((row * down + j) * width + column * across + k) * channels + c]!);
        y.push(reduce(window));
      }
    }
  }
  return Float64Array.from(y);
}

const rowWindows = [
  { channels: 8, window: 2, inLength: 9 },
  { channels: 16, window: 3, inLength: 12 },
  { channels: 5, window: 2, inLength: 11 },
  { channels: 1, window: 4, inLength: 7 },
].flatMap(({ channels, window, inLength }): KernelCase[] => {
  const length = Math.floor(inLength / window);
  const size = `[${inLength}, ${channels}] by ${window}`;
  const mask = { at: D, bytes: 3 * Math.ceil((inLength * channels) / 8) };
  const example = inLength * channels + 4;
  const yExample = length * channels + 4;
  return [
    ...[0, 1].map(
      (relu): KernelCase => ({
        title: `maxPool${relu ? ' after ReLU' : ''}, ${size}`,
        call: (k) => void k.maxPool(A, example, B, yExample, D, 3, inLength, length, channels, window, relu),
        bits: mask,
      }),
    ),
    {
      title: `maxPool without a mask, ${size}`,
      call: (k) => void k.maxPool(A, example, B, yExample, 0, 3, inLength, length, channels, window, 1),
    },
    {
      title: `maxPoolBack, ${size}`,
      call: (k) => void k.maxPoolBack(A, yExample, B, example, D, 3, inLength, length, channels, window),
    },
    {
      title: `averagePool, [${inLength}, ${channels}]`,
      call: (k) => void k.averagePool(A, example, B, channels, 3, inLength, channels),
    },
    {
      title: `averagePoolBack, [${inLength}, ${channels}]`,
      call: (k) => void k.averagePoolBack(A, channels, B, example, 3, inLength, channels),
    },
  ];
});

const pictureWindows = [
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

/** Kernels of pooling, over rows and over pictures. */
export const poolingKernels: readonly KernelCase[] = [...rowWindows, ...pictureWindows];

import type * as tf from '@tensorflow/tfjs';
import { type BothWays, bothWays, type LayerOf } from '../../../../gateway/model';
import { A, B, C, D, type KernelCase } from './kernel-case';
import {
  type Draws,
  type LayerCase,
  mean,
  ofRank,
  type ReferenceSite,
  type TensorFlow,
  type Values,
} from './layer-case';

const largest = (values: readonly number[]) => Math.max(...values);

export const pooling = {
  maxpool1d: {
    shapes: [
      ['pooling that leaves rows over', [7, 3], { size: 2 }, [3, 3]],
      ['pooling by windows that overlap', [7, 3], { size: 3, stride: 2 }, [3, 3]],
      ['pooling beyond the ends', [7, 3], { size: 2, padding: 'same' }, [4, 3]],
    ],
    reference: (spec, x, site) => pooledRows(x, site, spec, largest),
    tensorFlow: (tf, spec, x) => overRows(tf, x, (rows) => pooledPicture(tf, rows, spec, 'max')),
    draw: ofRank(2, drawPool),
  } satisfies LayerCase<LayerOf<'maxpool1d'>>,

  averagepool1d: {
    shapes: [
      ['averages', [7, 3], { size: 3 }, [2, 3]],
      [
        'averages that leave gaps and go beyond the ends',
        [8, 3],
        { size: 2, stride: 5, padding: 'same' },
        [2, 3],
      ],
    ],
    reference: (spec, x, site) => pooledRows(x, site, spec, mean),
    tensorFlow: (tf, spec, x) => overRows(tf, x, (rows) => pooledPicture(tf, rows, spec, 'avg')),
    draw: ofRank(2, drawPool),
  } satisfies LayerCase<LayerOf<'averagepool1d'>>,

  maxpool2d: {
    shapes: [
      ['the largest of square windows', [7, 5, 3], {}, [3, 2, 3]],
      [
        'the largest of windows that overlap',
        [7, 5, 3],
        { size: 3, stride: [2, 1], padding: 'same' },
        [4, 5, 3],
      ],
    ],
    reference: (spec, x, site) => pooled(x, site, spec, largest),
    tensorFlow: (tf, spec, x) => pooledPicture(tf, x as tf.Tensor4D, spec, 'max'),
    draw: ofRank(3, (draws) => ({ ...drawPool(draws), size: draws.sizes })),
  } satisfies LayerCase<LayerOf<'maxpool2d'>>,

  averagepool2d: {
    shapes: [['pooling of pictures', [7, 5, 3], { size: [2, 3] }, [3, 1, 3]]],
    reference: (spec, x, site) => pooled(x, site, spec, mean),
    tensorFlow: (tf, spec, x) => pooledPicture(tf, x as tf.Tensor4D, spec, 'avg'),
    draw: ofRank(3, (draws) => ({ ...drawPool(draws), size: draws.sizes })),
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

interface PoolSettings {
  readonly size: BothWays;
  readonly stride?: BothWays | undefined;
  readonly padding?: 'same' | 'valid' | undefined;
}

/** Not beyond the ends without a stride of their own: windows that fill the input have none such after an exchange. */
function drawPool({ size, pick }: Draws): { size: number; stride?: number; padding?: 'same' } {
  return pick([{ size }, { size, stride: size + 1 }, { size, stride: size + 1, padding: 'same' as const }]);
}

/** TensorFlow.js counts the taps beyond the ends in the gradient of a mean: there it is made of two others. */
function pooledPicture(tf: TensorFlow, x: tf.Tensor4D, spec: PoolSettings, kind: 'max' | 'avg'): tf.Tensor4D {
  const flat = x.shape[2] === 1 && typeof spec.size === 'number';
  const both = (value: BothWays): [number, number] => (flat ? [value as number, 1] : pair(value));
  const [size, stride, padding] = [both(spec.size), both(spec.stride ?? spec.size), spec.padding ?? 'valid'];
  if (kind === 'max') return tf.maxPool(x, size, stride, padding);
  if (padding === 'valid') return tf.avgPool(x, size, stride, padding);
  const ends = size.map((taps, way) => {
    const zeros = Math.max(
      (Math.ceil(x.shape[way + 1]! / stride[way]!) - 1) * stride[way]! + taps - x.shape[way + 1]!,
      0,
    );
    return [Math.floor(zeros / 2), Math.ceil(zeros / 2)];
  }) as [number, number][];
  const [value, inside] = [x, tf.onesLike(x)].map((each) =>
    tf.avgPool(tf.pad(each, [[0, 0], ...ends, [0, 0]]) as tf.Tensor4D, size, stride, 'valid'),
  );
  return tf.div(value!, inside!);
}

const pooledRows = (
  x: Values,
  { from, to, ...site }: ReferenceSite,
  { size, stride = size, padding }: PoolSettings,
  reduce: (values: readonly number[]) => number,
) =>
  pooled(
    x,
    { ...site, from: [from[0]!, 1, from[1]!], to: [to[0]!, 1, to[1]!] },
    { size: [size as number, 1], stride: [stride as number, 1], padding },
    reduce,
  );

function pooled(
  x: Values,
  { from: [height = 1, width = 1, channels = 1], to: [rows = 1, columns = 1] }: ReferenceSite,
  { size, stride = size, padding }: PoolSettings,
  reduce: (values: readonly number[]) => number,
): Values {
  const [down, across] = bothWays(size);
  const [stepDown, stepAcross] = bothWays(stride);
  const zeros = (length: number, windows: number, taps: number, step: number) =>
    padding === 'same' ? Math.floor(Math.max((windows - 1) * step + taps - length, 0) / 2) : 0;
  const top = zeros(height, rows, down, stepDown);
  const left = zeros(width, columns, across, stepAcross);
  const y: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      for (let c = 0; c < channels; c++) {
        const window: number[] = [];
        for (let j = 0; j < down; j++) {
          for (let k = 0; k < across; k++) {
            const [r, p] = [row * stepDown - top + j, column * stepAcross - left + k];
            if (r >= 0 && r < height && p >= 0 && p < width) window.push(x[(r * width + p) * channels + c]!);
          }
        }
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

/** Windows that overlap, leave gaps and reach beyond the edges. */
const otherWindows = [
  { input: [7, 6, 3], output: [4, 5], taps: [3, 2], stride: [2, 1], before: [1, 0] },
  { input: [1, 11, 8], output: [1, 4], taps: [1, 3], stride: [1, 3], before: [0, 0] },
  { input: [1, 5, 5], output: [1, 3], taps: [1, 4], stride: [1, 2], before: [0, 1] },
].flatMap(({ input, output, taps, stride, before }): KernelCase[] => {
  const [height, width, channels] = input as [number, number, number];
  const table = [...output, 0, 0, ...input, ...taps, ...stride, ...before, 0, 0];
  const ints = [{ at: D, values: table }];
  const [example, pooled] = [height * width * channels + 2, output[0]! * output[1]! * channels + 3];
  const [size, places] = [pooled - 3, D + 1024];
  const bits = { at: places, bytes: 2 * size };
  const name = `[${input}] by [${taps}], ${stride} apart`;
  return [
    ...([0, 1] as const).map(
      (relu): KernelCase => ({
        title: `largest${relu ? ' after ReLU' : ''}, ${name}`,
        call: (k) => void k.largest(A, example, B, pooled, places, D, 2, relu),
        ints,
        bits,
      }),
    ),
    {
      title: `largest without places, ${name}`,
      call: (k) => void k.largest(A, example, B, pooled, 0, D, 2, 1),
      ints,
    },
    { title: `means, ${name}`, call: (k) => void k.means(A, example, B, pooled, D, 2), ints },
    {
      title: `windowsBack of the largest, ${name}`,
      call: (k) => {
        k.largest(C, example, B, pooled, places, D, 2, 0);
        return void k.windowsBack(A, pooled, B, example, places, D, 2);
      },
      ints,
      bits,
    },
    {
      title: `windowsBack of means, ${name}`,
      call: (k) => void k.windowsBack(A, pooled, B, example, 0, D, 2),
      ints,
    },
  ];
});

/** Kernels of pooling, over rows and over pictures. */
export const poolingKernels: readonly KernelCase[] = [...rowWindows, ...pictureWindows, ...otherWindows];

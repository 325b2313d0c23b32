import type { LayerOf } from '../../../../gateway/model';
import { A, B, type KernelCase } from './kernel-case';
import { type LayerCase, ofRank } from './layer-case';

export const arrangement = {
  upsampling1d: {
    shapes: [['repeated rows', [7, 3], { size: 3 }, [21, 3]]],
    reference({ size }, x, { from }) {
      const channels = from.at(-1)!;
      return Float64Array.from(
        { length: x.length * size },
        (_, i) => x[Math.floor(i / channels / size) * channels + (i % channels)]!,
      );
    },
    tensorFlow: (tf, { size }, x) =>
      tf.concat(
        tf.split(x, x.shape[1]!, 1).flatMap((row) => Array<typeof x>(size).fill(row)),
        1,
      ),
    draw: ({ shape, size }) => (shape.length === 2 && shape[0]! < 40 ? { size } : undefined),
  } satisfies LayerCase<LayerOf<'upsampling1d'>>,

  zeropadding1d: {
    shapes: [
      ['rows of zeros', [7, 3], {}, [9, 3]],
      ['rows of zeros before', [7, 3], { before: 2, after: 0 }, [9, 3]],
    ],
    reference({ before }, x, { from, to }) {
      const y = new Float64Array(to[0]! * to[1]!);
      y.set(x, before * from[1]!);
      return y;
    },
    tensorFlow: (tf, { before, after }, x) =>
      tf.pad(x, [
        [0, 0],
        [before, after],
        [0, 0],
      ]),
    // Not before alone: that is how causal convolutions are written if a format has none.
    draw: ofRank(2, ({ size }) => ({ before: size - 1, after: size })),
  } satisfies LayerCase<LayerOf<'zeropadding1d'>>,

  flatten: {
    shapes: [['flattening', [7, 5, 3], {}, [105]]],
    reference: (_, x) => x,
    tensorFlow: (tf, _, x) => tf.reshape(x, [x.shape[0]!, -1]),
    // A flatten of features may melt away in an exchange.
    draw: ({ shape }) => (shape.length > 1 ? {} : undefined),
  } satisfies LayerCase<LayerOf<'flatten'>>,

  reshape: {
    shapes: [['another shape', [6, 4], { shape: [2, 3, 4] }, [2, 3, 4]]],
    reference: (_, x) => x,
    tensorFlow: (tf, { shape }, x) => tf.reshape(x, [x.shape[0]!, ...shape]),
    // Not one wide: that is how layers over rows are written if a format has none.
    draw({ shape: [length = 1, ...rest] }) {
      if (rest.length > 1 || length % 2 !== 0) return undefined;
      return { shape: [length / 2, 2, ...rest] };
    },
  } satisfies LayerCase<LayerOf<'reshape'>>,
};

/** Kernels of repeated rows. */
export const arrangementKernels: readonly KernelCase[] = [3, 8, 13].flatMap((channels): KernelCase[] => [
  {
    title: `upsample of ${channels} channels`,
    call: (k) => void k.upsample(A, 5 * channels + 1, B, 15 * channels + 2, 2, 5, channels, 3),
  },
  {
    title: `upsampleBack of ${channels} channels`,
    call: (k) => void k.upsampleBack(A, 15 * channels + 1, B, 5 * channels + 2, 2, 5, channels, 3),
  },
]);

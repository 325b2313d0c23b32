import { type LayerOf, type Shape, sizeOf } from '../../model';
import { jsonExcerpt } from '../../platform';
import type { Draft } from './draft';
import { writtenActivation } from './elementwise';
import { channelsLast, type KerasLayer, overPicture, writtenPadding, writtenReshape } from './keras-layer';
import type { LayerConfig } from './layer-config';

export const arrangement = {
  upsampling1d: {
    readers: {
      UpSampling1D: (draft, config) => draft.add({ type: 'upsampling1d', size: config.whole('size') }),
      UpSampling2D(draft, config) {
        config.wants({ interpolation: ['nearest'], data_format: ['channels_last'] });
        const [size = 1, width = 1] = config.wholes('size', 2);
        const done = width === 1 && draft.addFlat({ type: 'upsampling1d', size });
        if (done || !draft.shape) return;
        config.problem('is supported along the length only, between two Reshape layers');
        draft.unreadable();
      },
    },
    // TensorFlow.js has no UpSampling1D.
    write: ({ size }, site) =>
      overPicture(site, {
        className: 'UpSampling2D',
        config: { size: [size, 1], ...channelsLast, interpolation: 'nearest' },
      }),
  } satisfies KerasLayer<LayerOf<'upsampling1d'>>,

  zeropadding1d: {
    readers: {
      ZeroPadding1D(draft, config) {
        const [before, after] = ends(config.raw('padding') ?? 1);
        if (isRows(before) && isRows(after)) draft.add({ type: 'zeropadding1d', before, after });
        else refusePadding(draft, config);
      },
      ZeroPadding2D(draft, config) {
        config.wants({ data_format: ['channels_last'] });
        const [down, across] = ends(config.raw('padding') ?? 1);
        const [[before, after], [left, right]] = [ends(down), ends(across)];
        const rows = isRows(before) && isRows(after) && left === 0 && right === 0;
        const done = rows && draft.addFlat({ type: 'zeropadding1d', before, after });
        if (!done && draft.shape)
          refusePadding(draft, config, 'along the length only, between two Reshape layers');
      },
    },
    // TensorFlow.js has no ZeroPadding1D.
    write: ({ before, after }, site) => overPicture(site, writtenPadding(before, after)),
  } satisfies KerasLayer<LayerOf<'zeropadding1d'>>,

  flatten: {
    readers: { Flatten: (draft) => draft.flatten() },
    // Flatten of TensorFlow.js refuses what is flat.
    write: (_, { before }) =>
      before.length > 1 ? [{ className: 'Flatten', config: channelsLast }] : [writtenActivation('linear')],
  } satisfies KerasLayer<LayerOf<'flatten'>>,

  reshape: {
    readers: {
      Reshape(draft, config) {
        const target = config.raw('target_shape');
        if (!Array.isArray(target) || target.length === 0 || !target.every(Number.isInteger)) {
          config.problem(`has target_shape ${jsonExcerpt(target)}, expected whole numbers`);
          draft.unreadable();
        } else if (draft.shape) draft.reshape(completed(target, draft.shape));
      },
    },
    write: ({ shape }) => [writtenReshape(shape)],
  } satisfies KerasLayer<LayerOf<'reshape'>>,
};

/** A setting for both ends: one for both, or a pair. */
const ends = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value, value]);

const isRows = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;

function refusePadding(draft: Draft, config: LayerConfig, supported = 'rows before and after'): void {
  config.problem(`has padding ${jsonExcerpt(config.raw('padding'))}, supported: ${supported}`);
  draft.unreadable();
}

/** A target shape with its one -1 filled in, as far as possible. */
function completed(target: readonly number[], shape: Shape): number[] {
  const known = target.filter((length) => length > 0).reduce((product, length) => product * length, 1);
  return target.map((length) => (length > 0 ? length : Math.floor(sizeOf(shape) / known)));
}

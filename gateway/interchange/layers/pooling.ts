import { bothWays, type LayerOf } from '../../model';
import type { JsonObject } from '../format/json';
import type { Draft } from './draft';
import { channelsLast, type KerasLayer, pairOf } from './keras-layer';
import type { LayerConfig } from './layer-config';

export const pooling = {
  maxpool1d: {
    readers: { MaxPooling1D: (draft, config) => readPool(draft, config, 'maxpool1d') },
    write: ({ size }) => [{ className: 'MaxPooling1D', config: writtenPool([size]) }],
  } satisfies KerasLayer<LayerOf<'maxpool1d'>>,

  averagepool1d: {
    readers: { AveragePooling1D: (draft, config) => readPool(draft, config, 'averagepool1d') },
    write: ({ size }) => [{ className: 'AveragePooling1D', config: writtenPool([size]) }],
  } satisfies KerasLayer<LayerOf<'averagepool1d'>>,

  maxpool2d: {
    readers: { MaxPooling2D: (draft, config) => readPool(draft, config, 'maxpool2d') },
    write: ({ size }) => [{ className: 'MaxPooling2D', config: writtenPool(bothWays(size)) }],
  } satisfies KerasLayer<LayerOf<'maxpool2d'>>,

  averagepool2d: {
    readers: { AveragePooling2D: (draft, config) => readPool(draft, config, 'averagepool2d') },
    write: ({ size }) => [{ className: 'AveragePooling2D', config: writtenPool(bothWays(size)) }],
  } satisfies KerasLayer<LayerOf<'averagepool2d'>>,

  globalaveragepool1d: {
    readers: {
      GlobalAveragePooling1D: (draft, config) => readGlobalPool(draft, config, 'globalaveragepool1d'),
    },
    write: () => [{ className: 'GlobalAveragePooling1D', config: channelsLast }],
  } satisfies KerasLayer<LayerOf<'globalaveragepool1d'>>,

  globalaveragepool2d: {
    readers: {
      GlobalAveragePooling2D: (draft, config) => readGlobalPool(draft, config, 'globalaveragepool2d'),
    },
    write: () => [{ className: 'GlobalAveragePooling2D', config: channelsLast }],
  } satisfies KerasLayer<LayerOf<'globalaveragepool2d'>>,

  globalmaxpool1d: {
    readers: { GlobalMaxPooling1D: (draft, config) => readGlobalPool(draft, config, 'globalmaxpool1d') },
    write: () => [{ className: 'GlobalMaxPooling1D', config: {} }],
  } satisfies KerasLayer<LayerOf<'globalmaxpool1d'>>,

  globalmaxpool2d: {
    readers: { GlobalMaxPooling2D: (draft, config) => readGlobalPool(draft, config, 'globalmaxpool2d') },
    write: () => [{ className: 'GlobalMaxPooling2D', config: channelsLast }],
  } satisfies KerasLayer<LayerOf<'globalmaxpool2d'>>,
};

type GlobalPool = 'globalaveragepool1d' | 'globalaveragepool2d' | 'globalmaxpool1d' | 'globalmaxpool2d';
type PoolType = 'maxpool1d' | 'averagepool1d' | 'maxpool2d' | 'averagepool2d';

function readPool(draft: Draft, config: LayerConfig, type: PoolType): void {
  config.wants({ data_format: ['channels_last'] });
  const ways = type.endsWith('1d') ? 1 : 2;
  const size = config.wholes('pool_size', ways, 2);
  const stride = config.wholes('strides', ways, size);
  if (String(stride) !== String(size)) {
    config.problem(`has pool_size ${size} and strides ${stride}, supported: windows that do not overlap`);
  }
  const uneven = size.some((taps, way) => (draft.shape?.[way] ?? 0) % taps !== 0);
  if (config.padding() === 'same' && draft.shape && uneven) {
    config.problem(`has padding "same" over [${draft.shape}], supported if the size divides it`);
  }
  if (type === 'maxpool1d' || type === 'averagepool1d') draft.add({ type, size: size[0] ?? 2 });
  else draft.add({ type, size: pairOf(size) });
}

function readGlobalPool(draft: Draft, config: LayerConfig, type: GlobalPool): void {
  config.wants({ data_format: ['channels_last'], keepdims: [false] });
  draft.add({ type });
}

const writtenPool = (size: readonly number[]): JsonObject => ({
  pool_size: size,
  strides: size,
  padding: 'valid',
  ...channelsLast,
});

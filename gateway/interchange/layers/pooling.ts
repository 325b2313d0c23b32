import { type BothWays, bothWays, type LayerOf, type LayerSpec } from '../../model';
import type { JsonObject } from '../format/json';
import type { Draft } from './draft';
import { channelsLast, type KerasLayer, pairOf } from './keras-layer';
import type { LayerConfig } from './layer-config';

export const pooling = {
  maxpool1d: {
    readers: { MaxPooling1D: (draft, config) => readPool(draft, config, 'maxpool1d') },
    write: (spec) => [{ className: 'MaxPooling1D', config: writtenPool(spec) }],
  } satisfies KerasLayer<LayerOf<'maxpool1d'>>,

  averagepool1d: {
    readers: { AveragePooling1D: (draft, config) => readPool(draft, config, 'averagepool1d') },
    write: (spec) => [{ className: 'AveragePooling1D', config: writtenPool(spec) }],
  } satisfies KerasLayer<LayerOf<'averagepool1d'>>,

  maxpool2d: {
    readers: { MaxPooling2D: (draft, config) => readPool(draft, config, 'maxpool2d') },
    write: (spec) => [{ className: 'MaxPooling2D', config: writtenPool(spec) }],
  } satisfies KerasLayer<LayerOf<'maxpool2d'>>,

  averagepool2d: {
    readers: { AveragePooling2D: (draft, config) => readPool(draft, config, 'averagepool2d') },
    write: (spec) => [{ className: 'AveragePooling2D', config: writtenPool(spec) }],
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
  const uneven = size.some((taps, way) => (draft.shape?.[way] ?? 0) % taps !== 0);
  const isSame = config.padding() === 'same';
  const [whole, step] =
    type === 'maxpool1d' || type === 'averagepool1d'
      ? [size[0] ?? 2, stride[0] ?? 2]
      : [pairOf(size), pairOf(stride)];
  const apart = String(stride) !== String(size);
  draft.add({
    type,
    size: whole,
    ...(apart ? { stride: step } : {}),
    // Windows that fill the input reach beyond no end.
    ...(isSame && (apart || uneven) ? { padding: 'same' } : {}),
  } as LayerSpec);
}

function readGlobalPool(draft: Draft, config: LayerConfig, type: GlobalPool): void {
  config.wants({ data_format: ['channels_last'], keepdims: [false] });
  draft.add({ type });
}

function writtenPool(spec: LayerOf<PoolType>): JsonObject {
  const flat = spec.type.endsWith('1d');
  const lengths = (value: BothWays) => (flat ? [value] : bothWays(value));
  return {
    pool_size: lengths(spec.size),
    strides: lengths(spec.stride ?? spec.size),
    padding: spec.padding ?? 'valid',
    ...channelsLast,
  };
}

import { type BothWays, bothWays, type LayerOf, type LayerSpec } from '../../model';
import type { JsonObject } from '../format/json';
import type { Draft, WeightSources } from './draft';
import { readActivation } from './elementwise';
import {
  biasOf,
  channelsLast,
  type KerasLayer,
  overPicture,
  pairOf,
  type Reader,
  type WrittenLayer,
  writtenPadding,
  writtenWeights,
} from './keras-layer';
import type { LayerConfig } from './layer-config';

export const convolutions = {
  conv1d: {
    readers: {
      Conv1D(draft, config, place) {
        config.wants({ data_format: ['channels_last'], groups: [1] });
        const kernel = config.whole('kernel_size');
        const [dilation = 1] = config.wholes('dilation_rate', 1, 1);
        const written = config.padding(['causal']);
        // Formats without causal padding have it as zeros before a convolution without any.
        const isCausal = written === 'valid' && draft.takePadding((kernel - 1) * dilation);
        draft.add(
          {
            type: 'conv1d',
            filters: config.whole('filters'),
            kernel,
            ...strideOf(config),
            ...(dilation > 1 ? { dilation } : {}),
            padding: isCausal ? 'causal' : written,
            ...biasOf(config),
          },
          { kernel: ['kernel'], bias: ['bias'] },
        );
        readActivation(draft, config, place);
      },
      SeparableConv1D: plain((draft, config) => {
        depthwise1d(draft, config, false);
        pointwise(draft, config, 'conv1d');
      }),
    },
    write(spec, { before, tensors }) {
      const { kernel, dilation = 1, padding } = spec;
      const convolution: WrittenLayer = {
        className: 'Conv1D',
        config: {
          filters: spec.filters,
          kernel_size: [kernel],
          strides: [spec.stride ?? 1],
          padding: padding === 'causal' ? 'valid' : padding,
          dilation_rate: [dilation],
          use_bias: spec.bias ?? true,
          ...channelsLast,
          activation: 'linear',
        },
        weights: writtenWeights(tensors),
      };
      // TensorFlow.js has no causal padding.
      const rows = padding === 'causal' ? (kernel - 1) * dilation : 0;
      if (rows === 0) return [convolution];
      const after = [before[0]! + rows, before[1]!];
      return [...overPicture({ before, after }, writtenPadding(rows, 0, '_padding')), convolution];
    },
  } satisfies KerasLayer<LayerOf<'conv1d'>>,

  conv2d: {
    readers: {
      Conv2D: plain((draft, config) =>
        draft.add(
          {
            type: 'conv2d',
            filters: config.whole('filters'),
            kernel: pairOf(config.wholes('kernel_size', 2)),
            ...stridesOf(config),
            padding: config.padding(),
            ...biasOf(config),
          },
          { kernel: ['kernel'], bias: ['bias'] },
        ),
      ),
      SeparableConv2D: plain((draft, config) => {
        depthwise2d(draft, config, false);
        pointwise(draft, config, 'conv2d');
      }),
    },
    write: (spec, { tensors }) => [
      {
        className: 'Conv2D',
        config: { filters: spec.filters, ...picture(spec) },
        weights: writtenWeights(tensors),
      },
    ],
  } satisfies KerasLayer<LayerOf<'conv2d'>>,

  depthwiseconv1d: {
    readers: { DepthwiseConv1D: plain((draft, config) => depthwise1d(draft, config, true)) },
    // TensorFlow.js has no DepthwiseConv1D.
    write(spec, site) {
      const { kernel: size, stride = 1 } = spec;
      const { kernel, ...rest } = writtenWeights(site.tensors, 'depthwise_kernel');
      const shape = kernel ? [size, 1, ...kernel.shape.slice(1)] : [];
      const config = picture({ ...spec, kernel: [size, 1], stride: [stride, stride] });
      return overPicture(site, {
        className: 'DepthwiseConv2D',
        config: { depth_multiplier: 1, ...config },
        weights: { ...(kernel ? { kernel: { ...kernel, shape } } : {}), ...rest },
      });
    },
  } satisfies KerasLayer<LayerOf<'depthwiseconv1d'>>,

  depthwiseconv2d: {
    readers: {
      DepthwiseConv2D: plain((draft, config) => {
        const [height = 1, width = 1] = config.wholes('kernel_size', 2);
        const [stride = 1] = config.wholes('strides', 2, 1);
        const rest = { ...biasOf(config), padding: config.padding() };
        const flat: LayerSpec = {
          type: 'depthwiseconv1d',
          kernel: height,
          ...(stride > 1 ? { stride } : {}),
          ...rest,
        };
        if (width !== 1 || !draft.addFlat(flat, depthwiseWeights)) depthwise2d(draft, config, true);
      }),
    },
    write: (spec, { tensors }) => [
      {
        className: 'DepthwiseConv2D',
        config: { depth_multiplier: 1, ...picture(spec) },
        weights: writtenWeights(tensors, 'depthwise_kernel'),
      },
    ],
  } satisfies KerasLayer<LayerOf<'depthwiseconv2d'>>,
};

const depthwiseWeights: WeightSources = { kernel: ['depthwise_kernel', 'kernel'], bias: ['bias'] };

/** A reader of a convolution without dilation, groups or several kernels for one channel; its activation comes after it. */
function plain(read: (draft: Draft, config: LayerConfig) => void): Reader {
  return (draft, config, place) => {
    config.wants({
      data_format: ['channels_last'],
      dilation_rate: [1],
      groups: [1],
      depth_multiplier: [1],
    });
    read(draft, config);
    readActivation(draft, config, place);
  };
}

function strideOf(config: LayerConfig): { stride?: number } {
  const [stride = 1] = config.wholes('strides', 1, 1);
  return stride > 1 ? { stride } : {};
}

function stridesOf(config: LayerConfig): { stride?: number | [number, number] } {
  const stride = pairOf(config.wholes('strides', 2, 1));
  return stride === 1 ? {} : { stride };
}

/** @param alone false for the first half of a separable convolution, whose bias comes after the second */
function depthwise1d(draft: Draft, config: LayerConfig, alone: boolean): void {
  const size = config.whole('kernel_size');
  draft.add(
    {
      type: 'depthwiseconv1d',
      kernel: size,
      ...strideOf(config),
      padding: config.padding(),
      ...(alone ? biasOf(config) : { bias: false }),
    },
    alone ? depthwiseWeights : { kernel: ['depthwise_kernel'] },
  );
}

/** @param alone as for `depthwise1d` */
function depthwise2d(draft: Draft, config: LayerConfig, alone: boolean): void {
  const size = pairOf(config.wholes('kernel_size', 2));
  draft.add(
    {
      type: 'depthwiseconv2d',
      kernel: size,
      ...stridesOf(config),
      padding: config.padding(),
      ...(alone ? biasOf(config) : { bias: false }),
    },
    alone ? depthwiseWeights : { kernel: ['depthwise_kernel'] },
  );
}

function pointwise(draft: Draft, config: LayerConfig, type: 'conv1d' | 'conv2d'): void {
  const filters = config.whole('filters');
  draft.add(
    { type, filters, kernel: 1, padding: 'same', ...biasOf(config) },
    { kernel: ['pointwise_kernel'], bias: ['bias'] },
  );
}

function picture(spec: {
  readonly kernel: BothWays;
  readonly stride?: BothWays | undefined;
  readonly padding: string;
  readonly bias?: boolean | undefined;
}): JsonObject {
  return {
    kernel_size: bothWays(spec.kernel),
    strides: bothWays(spec.stride),
    padding: spec.padding,
    dilation_rate: [1, 1],
    use_bias: spec.bias ?? true,
    ...channelsLast,
    activation: 'linear',
  };
}

import { autoencoder } from './autoencoder';
import type { LayerSpec, Shape } from './layers';

export const presetNames = ['mlp', 'cnn1d', 'ds-cnn1d', 'gru', 'autoencoder1d', 'mobilenet-tiny'] as const;
export type PresetName = (typeof presetNames)[number];
export const presetSizes = ['S', 'M', 'L'] as const;
export type PresetSize = (typeof presetSizes)[number];

const relu: LayerSpec = { type: 'relu' };
const conv = (filters: number, kernel: number): LayerSpec => ({
  type: 'conv1d',
  filters,
  kernel,
  padding: 'same',
});
const depthwise = (kernel: number): LayerSpec => ({ type: 'depthwiseconv1d', kernel, padding: 'same' });
const pool: LayerSpec = { type: 'maxpool1d', size: 2 };
const globalPool: LayerSpec = { type: 'globalaveragepool1d' };

/** A depthwise convolution along the length, then a pointwise one across the channels (MobileNet, Howard 2017). */
const separable = (filters: number, kernel: number): LayerSpec[] => [
  depthwise(kernel),
  relu,
  conv(filters, 1),
  relu,
];

const cnn1d: Record<PresetSize, readonly LayerSpec[]> = {
  S: [conv(16, 5), relu, pool, conv(32, 5), relu, pool, conv(32, 5), relu, globalPool],
  M: [conv(32, 5), relu, pool, conv(64, 5), relu, pool, conv(64, 5), relu, globalPool],
  L: [conv(64, 5), relu, pool, conv(128, 5), relu, pool, conv(128, 5), relu, globalPool],
};
const hiddenUnits: Record<PresetSize, number> = { S: 32, M: 64, L: 128 };
const width: Record<PresetSize, number> = { S: 16, M: 32, L: 64 };
/** Numbers that an autoencoder keeps of each channel. */
const codes: Record<PresetSize, number> = { S: 8, M: 12, L: 16 };

/**
 * The layers of a preset for an input of `[length, channels]`.
 * @param outputs size of the last layer: the task's number of outputs
 */
export function presetLayers(
  preset: PresetName,
  size: PresetSize,
  outputs: number,
  input: Shape,
): LayerSpec[] {
  const head: LayerSpec = { type: 'dense', units: outputs };
  const wide = width[size];
  switch (preset) {
    case 'mlp':
      return [{ type: 'flatten' }, { type: 'dense', units: hiddenUnits[size] }, relu, head];
    case 'cnn1d':
      return [...cnn1d[size], head];
    case 'ds-cnn1d':
      return [
        conv(wide, 7),
        relu,
        pool,
        ...separable(2 * wide, 7),
        pool,
        ...separable(2 * wide, 7),
        pool,
        ...separable(4 * wide, 7),
        globalPool,
        head,
      ];
    case 'gru':
      return [{ type: 'gru', units: hiddenUnits[size] }, head];
    case 'autoencoder1d':
      return autoencoder(input, wide, codes[size]);
    case 'mobilenet-tiny':
      return [...mobilenetTiny(size, input), head];
  }
}

/** Inverted residuals (MobileNetV2, Sandler 2018, section 3.3) over a square picture given row by row. */
function mobilenetTiny(size: PresetSize, input: Shape): LayerSpec[] {
  const [pixels = 0, channels = 0] = input;
  const side = Math.round(Math.sqrt(pixels));
  const layers: LayerSpec[] = [
    { type: 'reshape', shape: [side, side, channels] },
    { type: 'conv2d', filters: width[size], kernel: 3, stride: 2, padding: 'same', bias: false },
    { type: 'batchnorm', epsilon: 0.001 },
    { type: 'relu6' },
  ];
  return [...layers, { type: 'globalaveragepool2d' }];
}

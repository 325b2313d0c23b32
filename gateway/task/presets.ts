import type { LayerSpec, Shape } from '../model';
import { autoencoder } from './autoencoder';
import { type ChannelFacts, featureLayers } from './feature-presets';

/** Models that a task can name instead of listing layers. */
export const presetNames = [
  'features',
  'features-mlp',
  'hybrid',
  'mlp',
  'cnn1d',
  'ds-cnn1d',
  'gru',
  'lstm',
  'autoencoder1d',
  'mobilenet-tiny',
] as const;

/** One of `presetNames`. */
export type PresetName = (typeof presetNames)[number];

/** Every preset comes in these sizes, smallest first. */
export const presetSizes = ['S', 'M', 'L'] as const;

/** One of `presetSizes`. */
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
 * @param channels used by the presets with features
 */
export function presetLayers(
  preset: PresetName,
  size: PresetSize,
  outputs: number,
  input: Shape,
  channels: ChannelFacts = { triples: [], side: 0 },
): LayerSpec[] {
  const head: LayerSpec = { type: 'dense', units: outputs };
  const wide = width[size];
  switch (preset) {
    case 'features':
      return [...featureLayers(input, size, channels), head];
    case 'features-mlp':
      return [
        ...featureLayers(input, 'S', channels),
        { type: 'dense', units: hiddenUnits[size] },
        relu,
        head,
      ];
    case 'hybrid':
      return [
        ...cnn1d[size].slice(0, -1),
        { ...globalPool, name: 'seen' },
        ...featureLayers(input, 'S', channels),
        { type: 'concat', with: 'seen' },
        head,
      ];
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
    case 'lstm':
      return [{ type: 'lstm', units: hiddenUnits[size] }, head];
    case 'autoencoder1d':
      return autoencoder(input, wide, codes[size]);
    case 'mobilenet-tiny':
      return [...mobilenetTiny(size, input), head];
  }
}

/** One stage of a MobileNet: blocks of so many channels, of which the first has the stride. */
interface Stage {
  readonly channels: number;
  readonly blocks: number;
  readonly stride: 1 | 2;
}

/** Widened within a block by so much. */
const expansion: Record<PresetSize, number> = { S: 3, M: 4, L: 6 };
const stages: Record<PresetSize, readonly Stage[]> = {
  S: [
    { channels: 16, blocks: 1, stride: 1 },
    { channels: 24, blocks: 2, stride: 2 },
    { channels: 32, blocks: 2, stride: 2 },
  ],
  M: [
    { channels: 16, blocks: 2, stride: 1 },
    { channels: 32, blocks: 2, stride: 2 },
    { channels: 56, blocks: 2, stride: 2 },
  ],
  L: [
    { channels: 24, blocks: 2, stride: 1 },
    { channels: 48, blocks: 3, stride: 2 },
    { channels: 96, blocks: 3, stride: 2 },
  ],
};

/**
 * Inverted residuals (MobileNetV2, Sandler 2018, section 3.3) over a square picture given row by row, halved once at the
 * start as for small pictures. Normalisation with fixed statistics is one scale and one shift for each channel.
 */
function mobilenetTiny(size: PresetSize, input: Shape): LayerSpec[] {
  const [pixels = 0, channels = 0] = input;
  const side = Math.round(Math.sqrt(pixels));
  let before = width[size];
  const layers: LayerSpec[] = [
    { type: 'reshape', shape: [side, side, channels] },
    { type: 'conv2d', filters: before, kernel: 3, stride: 2, padding: 'same', bias: false },
    norm(),
    relu6,
  ];
  let block = 0;
  for (const stage of stages[size]) {
    for (let i = 0; i < stage.blocks; i++) {
      const stride = i === 0 ? stage.stride : 1;
      const from = block === 0 ? undefined : `block_${block}`;
      block++;
      const residual = stride === 1 && before === stage.channels ? from : undefined;
      layers.push(
        ...invertedResidual(before, stage.channels, stride, expansion[size], `block_${block}`, residual),
      );
      before = stage.channels;
    }
  }
  return [...layers, pointwise(4 * before), norm(), relu6, { type: 'globalaveragepool2d' }];
}

const relu6: LayerSpec = { type: 'relu6' };
const norm = (name?: string): LayerSpec => ({ type: 'batchnorm', epsilon: 0.001, ...(name ? { name } : {}) });
const pointwise = (filters: number): LayerSpec => ({
  type: 'conv2d',
  filters,
  kernel: 1,
  padding: 'same',
  bias: false,
});

/**
 * Widened by pointwise, each channel convolved by itself, narrowed again without a ReLU.
 * @param name of what comes out
 * @param residual name of what it is added to
 */
function invertedResidual(
  before: number,
  after: number,
  stride: 1 | 2,
  factor: number,
  name: string,
  residual: string | undefined,
): LayerSpec[] {
  return [
    pointwise(factor * before),
    norm(),
    relu6,
    { type: 'depthwiseconv2d', kernel: 3, padding: 'same', bias: false, ...(stride > 1 ? { stride } : {}) },
    norm(),
    relu6,
    pointwise(after),
    ...(residual === undefined ? [norm(name)] : [norm(), { type: 'add', with: residual, name } as const]),
  ];
}

import type { LayerSpec } from './layers';

export const presetNames = ['mlp', 'cnn1d'] as const;
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
const pool: LayerSpec = { type: 'maxpool1d', size: 2 };

const cnn1d: Record<PresetSize, readonly LayerSpec[]> = {
  S: [conv(16, 5), relu, pool, conv(32, 5), relu, pool, conv(32, 5), relu, { type: 'globalaveragepool1d' }],
  M: [conv(32, 5), relu, pool, conv(64, 5), relu, pool, conv(64, 5), relu, { type: 'globalaveragepool1d' }],
  L: [conv(64, 5), relu, pool, conv(128, 5), relu, pool, conv(128, 5), relu, { type: 'globalaveragepool1d' }],
};
const hiddenUnits: Record<PresetSize, number> = { S: 32, M: 64, L: 128 };

/** The layers of a preset, without the last dense layer's size fixed: that is the task's number of outputs. */
export function presetLayers(preset: PresetName, size: PresetSize, outputs: number): LayerSpec[] {
  const head: LayerSpec = { type: 'dense', units: outputs };
  switch (preset) {
    case 'mlp':
      return [{ type: 'flatten' }, { type: 'dense', units: hiddenUnits[size] }, relu, head];
    case 'cnn1d':
      return [...cnn1d[size], head];
  }
}

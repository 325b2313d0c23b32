import { type LayerSpec, type Shape, type StatisticName, statisticNames } from '../model';
import type { PresetSize } from './presets';

/** Facts about the channels that the presets with features use. */
export interface ChannelFacts {
  /** First channels of the triples of axes. */
  readonly triples: readonly number[];
}

/** Statistics that take neither a sort nor a transform, and half of the numbers. */
const simple: readonly StatisticName[] = [
  'mean',
  'deviation',
  'range',
  'energy',
  'crossings',
  'difference',
  'autocorrelation',
  'correlation',
];
const statistics: Record<PresetSize, readonly StatisticName[]> = {
  S: simple,
  M: statisticNames,
  L: statisticNames,
};
const lags: Record<PresetSize, readonly number[]> = {
  S: [1, 2, 4, 8, 16, 32],
  M: [1, 2, 4, 8, 16, 32],
  L: [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64],
};
/** Among more channels there are too many pairs: of 13 already 78. */
const mostCorrelated = 12;

/** The statistics of a window, each example brought to mean 0 and deviation 1 over them, so that no unit is too large to learn. */
export function featureLayers(
  [, channels = 1]: Shape,
  size: PresetSize,
  { triples }: ChannelFacts,
): LayerSpec[] {
  const features: LayerSpec = {
    type: 'features',
    from: 'input',
    lags: [...lags[size]],
    statistics: statistics[size].filter((name) => name !== 'correlation' || channels <= mostCorrelated),
    ...(triples.length > 0 ? { magnitudes: [...triples] } : {}),
  };
  return [features, { type: 'layernorm', epsilon: 0.001 }];
}

/** Finds three channels next to each other whose names differ in x, y, z at the end alone: `acc_x`, `acc_y`, `acc_z`. */
export function channelTriples(names: readonly string[]): number[] {
  const triples: number[] = [];
  for (let i = 0; i + 2 < names.length; i++) {
    const [a, b, c] = names.slice(i, i + 3).map((name) => name.toLowerCase()) as [string, string, string];
    const stem = a.slice(0, -1);
    if (a !== `${stem}x` || b !== `${stem}y` || c !== `${stem}z`) continue;
    triples.push(i);
    i += 2;
  }
  return triples;
}

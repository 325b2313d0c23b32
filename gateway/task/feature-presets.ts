import { type LayerSpec, type Shape, type StatisticName, statisticNames } from '../model';
import { FtteError } from '../platform';
import type { PresetSize } from './presets';
import type { Task } from './schema';

/** Facts about the channels that the presets with features use. */
export interface ChannelFacts {
  /** First channels of the triples of axes. */
  readonly triples: readonly number[];
  /** Side inputs, which are the last channels. */
  readonly side: number;
  /** True if windows are cut at beats and side inputs say what the beat is like. */
  readonly isMeasured?: boolean;
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

/**
 * The statistics of a window, each example brought to mean 0 and deviation 1 over them, so that no unit is too large to learn. At
 * beats the measures of the beat are enough: statistics of the signal learn the people by heart (docs/learning.md).
 */
export function featureLayers(
  [, channels = 1]: Shape,
  size: PresetSize,
  { triples, side, isMeasured }: ChannelFacts,
): LayerSpec[] {
  if (isMeasured) return [{ type: 'features', from: 'input', statistics: ['deviation'], side }];
  const features: LayerSpec = {
    type: 'features',
    from: 'input',
    lags: [...lags[size]],
    statistics: statistics[size].filter(
      (name) => name !== 'correlation' || channels - side <= mostCorrelated,
    ),
    ...(triples.length > 0 ? { magnitudes: [...triples] } : {}),
    ...(side > 0 ? { side } : {}),
  };
  return [features, { type: 'layernorm', epsilon: 0.001 }];
}

/** Facts about the channels of a task. */
export function channelFacts({ channels, cut }: Task['input']): ChannelFacts {
  const signals = channels.filter((channel) => !channel.side);
  return {
    triples: channelTriples(signals.map(({ name }) => name)),
    side: channels.length - signals.length,
    isMeasured: cut !== undefined && channels.some(({ name, side }) => side && name.startsWith('rr_')),
  };
}

/**
 * Checks the place of side inputs, and that the normalisation leaves something of them.
 * @throws FtteError `task-invalid`
 */
export function checkSideInputs({ channels, normalisation }: Task['input']): void {
  const first = channels.findIndex((channel) => channel.side);
  if (first < 0) return;
  const wrong = (field: string, text: string) =>
    new FtteError('task-invalid', `${field}: ${text}`, { field });
  if (first === 0)
    throw wrong(
      'input.channels.0.side',
      'is true, expected a signal first: side inputs come after the signals',
    );
  const signal = channels.findIndex((channel, i) => i > first && !channel.side);
  if (signal >= 0)
    throw wrong(
      `input.channels.${signal}`,
      `is a signal after the side input "${channels[first]!.name}", expected side inputs last`,
    );
  if (normalisation === 'window')
    throw wrong(
      'input.normalisation',
      'is "window", expected "channel" or "none": a side input is constant in a window, so nothing of it is left',
    );
}

/** Finds three channels next to each other whose names differ in x, y, z at the end alone: `acc_x`, `acc_y`, `acc_z`. */
function channelTriples(names: readonly string[]): number[] {
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

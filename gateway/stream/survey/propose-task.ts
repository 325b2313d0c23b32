import type { StreamFigures } from '../sources/stream-measure';
import { isBookkeeping } from './channel-names';
import { unitOf } from './unit-of';

/** A task as far as a stream suggests it: its inputs, labels and model. */
export interface TaskProposal {
  readonly kind: 'classification' | 'anomaly';
  readonly input: {
    readonly channels: readonly {
      readonly name: string;
      readonly unit: string;
      readonly centre: number;
      readonly spread: number;
    }[];
    readonly rateHz: number;
    readonly length: number;
    readonly hop: number;
    readonly normalisation: 'channel';
  };
  /** Empty for an anomaly. */
  readonly labels: readonly string[];
  readonly model: { readonly preset: 'features' | 'autoencoder1d'; readonly size: 'S' | 'M' };
}

/** Channels and labels of a task. */
const mostChannels = 64;
const mostLabels = 64;
const longestName = 64;
/** Seconds of a window: a few movements, beats or breaths. */
const windowSeconds = 2.56;
/** Lengths of a window that fit into the time for which a label lasts. */
const windowsInRun = 2.5;
const lengths = [32, 64, 128, 256, 512];
/** Rates at which devices measure. A measured one that is this near to one of them means it. */
const usualRates = [
  ...[
    0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 4, 5, 8, 10, 12.5, 15, 16, 20, 25, 30, 32, 40, 50, 52, 60, 62.5,
    64, 75,
  ],
  ...[80, 100, 104, 120, 125, 128, 200, 208, 250, 256, 300, 360, 400, 416, 500, 512, 800, 1000, 1024, 2000],
];
const nearRate = 0.04;
/** Rate of a stream of which too little has come to measure one. */
const unknownRate = 1;
/** Labels and channels up to which the small model suffices. */
const smallLabels = 8;
const smallChannels = 12;

/**
 * The task that figures of a stream suggest: a classification if there are two labels at least, else anomalies. Undefined
 * if no channel has a value.
 * @param labelRun readings for which a label lasts: a window has a label only if it lies within one run
 */
export function proposeTask(figures: StreamFigures, labelRun = Infinity): TaskProposal | undefined {
  const channels = figures.channels
    .filter(({ name, values }) => values > 0 && !isBookkeeping(name) && name.length <= longestName)
    .slice(0, mostChannels)
    .map((channel) => ({
      name: channel.name,
      unit: channel.unit || unitOf(channel),
      centre: short(channel.centre),
      spread: short(channel.spread) || 1,
    }));
  if (channels.length === 0) return undefined;
  const rateHz = usualRate(figures.rateHz ?? unknownRate);
  const labels = Object.keys(figures.labels)
    .filter((label) => label.length <= longestName && label !== '__proto__')
    .slice(0, mostLabels);
  const hasLabels = labels.length >= 2;
  const length = windowLength(rateHz, hasLabels ? labelRun / windowsInRun : Infinity);
  const isSmall = labels.length <= smallLabels && channels.length <= smallChannels;
  return {
    kind: hasLabels ? 'classification' : 'anomaly',
    input: { channels, rateHz, length, hop: length / 2, normalisation: 'channel' },
    labels: hasLabels ? labels : [],
    model: { preset: hasLabels ? 'features' : 'autoencoder1d', size: isSmall ? 'S' : 'M' },
  };
}

/** Readings of a window: about two and a half seconds, and no fewer than 32. @param most readings that a label leaves room for */
function windowLength(rateHz: number, most: number): number {
  const wanted = Math.min(windowSeconds * rateHz, most);
  const distance = (length: number) => Math.abs(Math.log(length / wanted));
  return lengths.reduce((best, length) => (distance(length) < distance(best) ? length : best));
}

function usualRate(hz: number): number {
  const distance = (rate: number) => Math.abs(Math.log(hz / rate));
  const usual = usualRates.reduce((best, rate) => (distance(rate) < distance(best) ? rate : best));
  return distance(usual) <= nearRate ? usual : Math.max(0.001, Math.min(100_000, short(hz)));
}

/** Three digits: more are no property of the sensor. */
const short = (value: number): number => Number(value.toPrecision(3));

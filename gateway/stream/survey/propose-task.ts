import type { ChannelFigures, StreamFigures } from '../sources/stream-measure';
import { mostCategories } from '../values';
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
      readonly categories?: readonly string[];
    }[];
    readonly rateHz: number;
    readonly length: number;
    readonly hop: number;
    readonly normalisation: 'channel';
  };
  /** Empty for an anomaly. */
  readonly labels: readonly string[];
  readonly model: { readonly preset: 'features' | 'mlp' | 'autoencoder1d'; readonly size: 'S' | 'M' };
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
  const channels = withinLimit(
    figures.channels
      .filter(({ name, values }) => values > 0 && !isBookkeeping(name) && name.length <= longestName)
      .flatMap((channel) => (channel.texts ? ofTexts(channel.name, channel.texts) : ofNumbers(channel))),
  );
  if (channels.length === 0) return undefined;
  const rateHz = usualRate(figures.rateHz ?? unknownRate);
  const labels = Object.keys(figures.labels)
    .filter((label) => label.length <= longestName && label !== '__proto__')
    .slice(0, mostLabels);
  const hasLabels = labels.length >= 2;
  // Rows with texts that do not come several times a second are events, such as payments, and no signal.
  const isTable = channels.some(({ categories }) => categories) && (figures.rateHz ?? 0) < 1;
  const length = isTable ? 1 : windowLength(rateHz, hasLabels ? labelRun / windowsInRun : Infinity);
  const isSmall = labels.length <= smallLabels && channels.length <= smallChannels;
  return {
    kind: hasLabels ? 'classification' : 'anomaly',
    input: { channels, rateHz, length, hop: Math.ceil(length / 2), normalisation: 'channel' },
    labels: hasLabels ? labels : [],
    model: { preset: !hasLabels ? 'autoencoder1d' : isTable ? 'mlp' : 'features', size: isSmall ? 'S' : 'M' },
  };
}

type ProposedChannel = TaskProposal['input']['channels'][number];

function ofNumbers(channel: ChannelFigures): ProposedChannel[] {
  const { name, unit, centre, spread } = channel;
  return [{ name, unit: unit || unitOf(channel), centre: short(centre), spread: short(spread) || 1 }];
}

/** A field of few texts, the commonest first. One that is always the same says nothing. */
function ofTexts(name: string, texts: Readonly<Record<string, number>>): ProposedChannel[] {
  const categories = Object.entries(texts)
    .sort(([, a], [, b]) => b - a)
    .map(([text]) => text);
  const fits = categories.every(
    (text) => text !== '__proto__' && name.length + 1 + text.length <= longestName,
  );
  if (categories.length < 2 || categories.length > mostCategories || !fits) return [];
  return [{ name, unit: '', centre: 0, spread: 1, categories }];
}

/** As many of the channels as a task may have, with one for each category. */
function withinLimit(channels: readonly ProposedChannel[]): ProposedChannel[] {
  let left = mostChannels;
  return channels.filter(({ categories }) => {
    const width = categories?.length ?? 1;
    if (width > left) return false;
    left -= width;
    return true;
  });
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

import { defineLayer } from './layer-kind';
import { expectRank, type Shape } from './shape';

/**
 * Groups of statistics in the order in which their values stand for each signal. A group's bit in the kernel's table is its
 * place here. docs/features.md has the formulas.
 */
export const statisticNames = [
  'mean',
  'deviation',
  'quantiles',
  'range',
  'energy',
  'crossings',
  'difference',
  'autocorrelation',
  'bands',
  'correlation',
] as const;

/** One of `statisticNames`. */
export type StatisticName = (typeof statisticNames)[number];

/** Shares of a signal's values that lie below its quantiles, in per cent: smallest, median and largest among them. */
export const quantilePercents = [0, 10, 25, 50, 75, 90, 100] as const;

const usualLags = [1, 2, 4, 8, 16, 32] as const;
const usualBands = 6;
/** Rows of the shortest window that has statistics. */
const fewestRows = 4;

/** The settings of a layer of features as a program writes them: what is left out has its default. */
export interface FeatureSettings {
  readonly statistics?: readonly StatisticName[] | undefined;
  readonly lags?: readonly number[] | undefined;
  readonly bands?: number | undefined;
  readonly magnitudes?: readonly number[] | undefined;
  readonly side?: number | undefined;
}

/** The same with every default settled for an input of `[length, channels]`. */
export interface FeaturePlan {
  readonly length: number;
  readonly channels: number;
  /** Channels that are signals; the others, behind them, are side inputs. */
  readonly signals: number;
  readonly has: (name: StatisticName) => boolean;
  /** Rows between the values that an autocorrelation compares, each less than the length. */
  readonly lags: readonly number[];
  /** Bands of an octave each; the lowest reaches down to zero. */
  readonly bands: number;
  /** First channels of the triples whose magnitude is a signal, too. */
  readonly magnitudes: readonly number[];
  /** Rows of the Fourier transform: the next power of two. */
  readonly padded: number;
}

/** Settles what is computed of a window of `[length, channels]`. */
export function planFeatures(spec: FeatureSettings, [length = 1, channels = 1]: Shape): FeaturePlan {
  const { statistics = statisticNames, lags = usualLags, magnitudes = [], side = 0 } = spec;
  const padded = 2 ** Math.ceil(Math.log2(length));
  return {
    length,
    channels,
    signals: channels - side,
    has: (name) => statistics.includes(name),
    lags: lags.filter((lag) => lag < length),
    bands: Math.min(spec.bands ?? usualBands, Math.log2(padded)),
    magnitudes,
    padded,
  };
}

/** Values that one signal gives. */
function valuesOf({ has, lags, bands }: FeaturePlan): number {
  const single = (['mean', 'deviation', 'range', 'energy', 'crossings', 'difference'] as const).filter(has);
  const quantiles = has('quantiles') ? quantilePercents.length : 0;
  return single.length + quantiles + (has('autocorrelation') ? lags.length : 0) + (has('bands') ? bands : 0);
}

/** Values that a window gives. */
function featureCount(plan: FeaturePlan): number {
  const { signals, channels, magnitudes, has } = plan;
  const pairs = has('correlation') ? (signals * (signals - 1)) / 2 : 0;
  return (signals + magnitudes.length) * valuesOf(plan) + pairs + channels - signals;
}

/**
 * The plan as int32 numbers, as the kernel reads it: length, channels, signals, groups as bits, rows of the transform, bands,
 * number of lags, number of triples, the lags, the first channels of the triples.
 */
export function featureTable({ has, lags, magnitudes, ...plan }: FeaturePlan): number[] {
  const { length, channels, signals, padded, bands } = plan;
  const groups = statisticNames.reduce((bits, name, i) => bits | (has(name) ? 1 << i : 0), 0);
  return [
    length,
    channels,
    signals,
    groups,
    padded,
    bands,
    lags.length,
    magnitudes.length,
    ...lags,
    ...magnitudes,
  ];
}

/** float32 values that the kernel works on: a signal, then its sorted values or its transform, then moments of each channel and of a magnitude. */
export const featureWorkspace = ({ length, padded, channels }: FeaturePlan): number =>
  length + 2 * padded + 2 * (channels + 1);

/**
 * Statistics of the model's input in place of its readings: `[length, channels] -> [features]`, for each signal the chosen
 * `statistics`, then the correlations between the channels, then the side inputs. Signals are the channels and the
 * `magnitudes` of the triples that begin at the named channels. The last `side` channels are constant over a window: their
 * last value is taken as it is. It has no parameters, and no gradient goes through it.
 */
export const features = defineLayer({
  settings: (z) => ({
    /** Of the input alone: no gradient goes through it. What is before it waits for a later `concat`. */
    from: z.literal('input').default('input'),
    /** All by default. */
    statistics: z.array(z.enum(statisticNames)).min(1).max(statisticNames.length).optional(),
    /** Of autocorrelation, in rows; those beyond the window are left out. Powers of two up to 32 by default. */
    lags: z.array(z.number().int().min(1).max(65_535)).min(1).max(32).optional(),
    /** Octaves from the highest frequency down. 6 by default, at most log2 of the length rounded up. */
    bands: z.number().int().min(1).max(16).optional(),
    /** First channel of each triple, such as the three axes of an accelerometer. None by default. */
    magnitudes: z.array(z.number().int().min(0).max(61)).max(21).optional(),
    /** 0 by default. */
    side: z.number().int().min(0).max(63).optional(),
  }),
  outputShape(spec, input, { second = input, refuse }) {
    expectRank(second, 2, refuse);
    const plan = planFeatures(spec, second);
    if (plan.length < fewestRows) throw refuse(`a window of at least ${fewestRows} readings`);
    if (plan.signals < 1) throw refuse(`more channels than the ${spec.side} of side inputs`);
    const beyond = plan.magnitudes.find((first) => first + 3 > plan.signals);
    if (beyond !== undefined) throw refuse(`three channels from ${beyond} on for a magnitude`);
    const count = featureCount(plan);
    if (count < 1) throw refuse('statistics that give a number');
    return [count];
  },
  // A sort and a transform take about 5 log2(length) for each reading, and each lag 2.
  operations(spec, input) {
    const { length, signals, magnitudes, lags, padded } = planFeatures(spec, input);
    return length * (signals + magnitudes.length) * (20 + 10 * Math.log2(padded) + 2 * lags.length);
  },
  secondInput: 'from',
  startsBranch: true,
});

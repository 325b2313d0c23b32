import type { Scaling } from '../stream';
import { type Task, taskOutputs, taskTarget } from '../task';

interface Answered {
  readonly lineage: string;
  readonly version: number;
}

/** Which label a window has. */
export interface Classification {
  readonly kind: 'classification';
  readonly label: string;
  readonly labelIndex: number;
  /** Probability of the label, 0 to 1. */
  readonly confidence: number;
  /** Probability of each label, by name. They add up to 1, but for binary cross-entropy with more than two labels. */
  readonly scores: Readonly<Record<string, number>>;
}

/** The readings that follow a window. */
export interface Forecast {
  readonly kind: 'forecast';
  /** By channel, `[horizon]`, the next reading first; in the channel's unit. */
  readonly values: Readonly<Record<string, readonly number[]>>;
  /** When they are due, ms, `[horizon]`; absent where the window's end is not known. */
  readonly times?: readonly number[];
  /** True where nobody said what the window was normalised with: values are in deviations of the window. */
  readonly normalised?: true;
}

/** Whether a window is unlike those the model was trained on. */
export interface AnomalyVerdict {
  readonly kind: 'anomaly';
  /** Always false while the threshold is being learned. */
  readonly anomaly: boolean;
  /** Mean squared error of the window as the model gives it back, in normalised units. */
  readonly score: number;
  /** Scores above it are anomalies; absent while it is being learned. */
  readonly threshold?: number;
  /** The same error for each channel alone. */
  readonly errors: Readonly<Record<string, number>>;
  /** How far learning the threshold is: windows seen of those needed. Absent when it is there. */
  readonly learning?: { readonly windows: number; readonly needed: number };
}

/** What a predictor answers, by the kind of task. */
export type Prediction = (Classification | Forecast | AnomalyVerdict) & Answered;

/** What is known of a window besides its values. */
export interface WindowContext {
  /** What it was normalised with; only normalisation `window` needs it, and only to give forecasts in units. */
  readonly scaling?: Scaling;
  /** Time of its last reading, ms. */
  readonly endMs?: number;
}

/**
 * The most likely label of a classification's outputs, with the probability of each.
 * @param outputs probabilities, as many as `taskOutputs`
 */
export function classification(task: Task, outputs: Float32Array): Classification {
  // One output for two labels says how likely the second is.
  const single = taskOutputs(task) === 1;
  const probability = (i: number) => (single ? (i === 1 ? outputs[0]! : 1 - outputs[0]!) : (outputs[i] ?? 0));
  let labelIndex = 0;
  const scores: Record<string, number> = {};
  task.labels.forEach((label, i) => {
    scores[label] = probability(i);
    if (probability(i) > probability(labelIndex)) labelIndex = i;
  });
  const label = task.labels[labelIndex]!;
  return { kind: 'classification', label, labelIndex, confidence: scores[label]!, scores };
}

/**
 * The values a forecast's outputs stand for, in the channels' units.
 * @param outputs normalised values, `[horizon, channels]`
 */
export function forecast(task: Task, outputs: Float32Array, context: WindowContext): Forecast {
  const { endMs } = context;
  const target = taskTarget(task);
  const { channels, rows } = target.kind === 'following' ? target : { channels: [], rows: 0 };
  const { input } = task;
  const scaling = ofChannels(context.scaling, input.channels.length);
  const unit = (channel: number): readonly [centre: number, spread: number] => {
    if (input.normalisation === 'none') return [0, 1];
    const { centre = 0, spread = 1 } = input.channels[channel]!;
    if (input.normalisation === 'channel') return [centre, spread];
    return [scaling?.centre[channel] ?? 0, scaling?.spread[channel] ?? 1];
  };
  const values: Record<string, number[]> = {};
  channels.forEach((channel, place) => {
    const [centre, spread] = unit(channel);
    values[input.channels[channel]!.name] = Array.from(
      { length: rows },
      (_, row) => outputs[row * channels.length + place]! * spread + centre,
    );
  });
  return {
    kind: 'forecast',
    values,
    ...(endMs !== undefined && {
      times: Array.from({ length: rows }, (_, row) => endMs + ((row + 1) * 1000) / input.rateHz),
    }),
    ...(input.normalisation === 'window' && !scaling && { normalised: true as const }),
  };
}

/** A scaling of another number of channels is of another window: none at all. */
function ofChannels(scaling: Scaling | undefined, channels: number): Scaling | undefined {
  return scaling?.centre.length === channels && scaling.spread.length === channels ? scaling : undefined;
}

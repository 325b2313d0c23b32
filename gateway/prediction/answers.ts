import type { Scaling } from '../stream';
import { type Task, taskOutputs, taskTarget } from '../task';

interface Answered {
  readonly lineage: string;
  readonly version: number;
}

interface ByModel {
  /** The model that answered: the shared one, or this gateway's own. */
  readonly model: 'shared' | 'personal';
}

/** The label of a window. */
export interface Classification {
  readonly kind: 'classification';
  readonly label: string;
  readonly labelIndex: number;
  /** Probability of the label, 0 to 1. */
  readonly confidence: number;
  /**
   * The probability of each label, by name. They add up to 1, except for binary cross-entropy with more than two
   * labels.
   */
  readonly scores: Readonly<Record<string, number>>;
}

/** The readings that are expected after a window. */
export interface Forecast {
  readonly kind: 'forecast';
  /** By channel, `[horizon]`, the next reading first, in the unit of the channel. */
  readonly values: Readonly<Record<string, readonly number[]>>;
  /** Times of the readings, ms, `[horizon]`; absent if the time of the window's end is not known. */
  readonly times?: readonly number[];
  /** True if the scaling of the window is not known. The values are then normalised like the window. */
  readonly normalised?: true;
}

/** Whether a window differs from the windows on which the model was trained. */
export interface AnomalyVerdict {
  readonly kind: 'anomaly';
  /** False while the threshold is being learned. */
  readonly anomaly: boolean;
  /** Mean squared error of the reconstruction of the window, in normalised units. */
  readonly score: number;
  /** Scores above the threshold are anomalies. Absent while it is being learned. */
  readonly threshold?: number;
  /** The same error for each channel. */
  readonly errors: Readonly<Record<string, number>>;
  /** Progress of learning the threshold: windows seen, of those needed. Absent once there is a threshold. */
  readonly learning?: { readonly windows: number; readonly needed: number };
}

/** The answer of a predictor, by the kind of task. */
export type Prediction = ((Classification & ByModel) | Forecast | AnomalyVerdict) & Answered;

/** Facts about a window besides its values. */
export interface WindowContext {
  /**
   * The scaling with which it was normalised. Only normalisation `window` needs it, and only for forecasts in units.
   */
  readonly scaling?: Scaling;
  /** The time of its last reading, ms. */
  readonly endMs?: number;
}

/**
 * The most likely label of the outputs of a classification, with the probability of each label.
 * @param outputs probabilities, as many as `taskOutputs`
 */
export function classification(task: Task, outputs: Float32Array): Classification {
  // With two labels and one output, the output is the probability of the second label.
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
 * The forecast of the outputs, in the units of the channels.
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

/** The scaling, if it has the number of channels. Otherwise it belongs to another window and is not used. */
function ofChannels(scaling: Scaling | undefined, channels: number): Scaling | undefined {
  return scaling?.centre.length === channels && scaling.spread.length === channels ? scaling : undefined;
}

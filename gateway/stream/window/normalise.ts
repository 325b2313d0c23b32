import type { Task } from '../../task';
import type { PersonScale } from './person-scale';

/** The scaling of a window, by channel: value in its unit = normalised x spread + centre. */
export interface Scaling {
  readonly centre: readonly number[];
  readonly spread: readonly number[];
}

/**
 * Normalises raw values for the model, in place. With normalisation `window` the statistics are those of the first
 * `length` rows only. The rows after them are scaled in the same way, so that they reveal nothing to the model.
 * @param window `[rows, channels]` in the units of the channels, at least `length` rows
 * @param person what is known of the person, for normalisation `person`
 * @returns the scaling
 */
export function normalise(window: Float32Array, input: Task['input'], person?: PersonScale): Scaling {
  const channels = input.channels.length;
  const centre = new Array<number>(channels).fill(0);
  const spread = new Array<number>(channels).fill(1);
  if (input.normalisation === 'none') return { centre, spread };
  const own = input.normalisation === 'person' ? person?.next(window) : undefined;
  input.channels.forEach((channel, c) => {
    const [middle, width] = own
      ? [own.centre[c]!, own.spread[c]!]
      : input.normalisation === 'window'
        ? moments(window, c, channels, input.length)
        : [channel.centre, channel.spread];
    centre[c] = middle;
    spread[c] = width;
    for (let i = c; i < window.length; i += channels) window[i] = (window[i]! - middle) / width;
  });
  return { centre, spread };
}

/** Mean and deviation of one channel. A constant channel gets a deviation of 1, so that it becomes zero and not NaN. */
function moments(window: Float32Array, channel: number, channels: number, rows: number): [number, number] {
  const end = rows * channels;
  let sum = 0;
  for (let i = channel; i < end; i += channels) sum += window[i]!;
  const mean = sum / rows;
  let squares = 0;
  for (let i = channel; i < end; i += channels) squares += (window[i]! - mean) ** 2;
  const deviation = Math.sqrt(squares / rows);
  // Below this a "constant" float32 differs from its mean only by rounding.
  return [mean, deviation > 1e-7 * Math.max(1, Math.abs(mean)) ? deviation : 1];
}

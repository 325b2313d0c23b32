import type { Task } from '../../task';

/** What a window was normalised with, by channel: value in its unit = normalised x spread + centre. */
export interface Scaling {
  readonly centre: readonly number[];
  readonly spread: readonly number[];
}

/**
 * Brings raw values to what the model sees, in place. With normalisation `window` the statistics are those of the first
 * `length` rows alone: what follows them is scaled alike and tells the model nothing.
 * @param window `[rows, channels]` in the channels' units, at least `length` rows
 * @returns what it was normalised with
 */
export function normalise(window: Float32Array, input: Task['input']): Scaling {
  const channels = input.channels.length;
  const centre = new Array<number>(channels).fill(0);
  const spread = new Array<number>(channels).fill(1);
  if (input.normalisation === 'none') return { centre, spread };
  input.channels.forEach((channel, c) => {
    const [middle, width] =
      input.normalisation === 'channel'
        ? [channel.centre, channel.spread]
        : moments(window, c, channels, input.length);
    centre[c] = middle;
    spread[c] = width;
    for (let i = c; i < window.length; i += channels) window[i] = (window[i]! - middle) / width;
  });
  return { centre, spread };
}

/** Mean and deviation of one channel; a constant channel gets deviation 1, so that it becomes zero and not NaN. */
function moments(window: Float32Array, channel: number, channels: number, rows: number): [number, number] {
  const end = rows * channels;
  let sum = 0;
  for (let i = channel; i < end; i += channels) sum += window[i]!;
  const mean = sum / rows;
  let squares = 0;
  for (let i = channel; i < end; i += channels) squares += (window[i]! - mean) ** 2;
  const deviation = Math.sqrt(squares / rows);
  // Below this a float32 "constant" differs from its mean by rounding only.
  return [mean, deviation > 1e-7 * Math.max(1, Math.abs(mean)) ? deviation : 1];
}

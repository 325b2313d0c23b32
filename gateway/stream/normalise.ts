import type { Task } from '../task';

/**
 * Brings a window of raw values to what the model sees, in place.
 * @param window `[length, channels]` in the channels' units
 */
export function normalise(window: Float32Array, input: Task['input']): void {
  const channels = input.channels.length;
  if (input.normalisation === 'none') return;
  input.channels.forEach((channel, c) => {
    const [centre, spread] =
      input.normalisation === 'channel' ? [channel.centre, channel.spread] : moments(window, c, channels);
    for (let i = c; i < window.length; i += channels) window[i] = (window[i]! - centre) / spread;
  });
}

/** Mean and deviation of one channel; a constant channel gets deviation 1, so that it becomes zero and not NaN. */
function moments(window: Float32Array, channel: number, channels: number): [number, number] {
  const count = window.length / channels;
  let sum = 0;
  for (let i = channel; i < window.length; i += channels) sum += window[i]!;
  const mean = sum / count;
  let squares = 0;
  for (let i = channel; i < window.length; i += channels) squares += (window[i]! - mean) ** 2;
  const deviation = Math.sqrt(squares / count);
  // Below this a float32 "constant" differs from its mean by rounding only.
  return [mean, deviation > 1e-7 * Math.max(1, Math.abs(mean)) ? deviation : 1];
}

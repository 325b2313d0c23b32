import { FtteError } from '../platform';
import { magnitudeOf } from '../stream';
import type { Task } from '../task';

/**
 * Refuses an answer that is no number: a label with the confidence NaN looks like one that a model is sure of.
 * @param window `[length, channels]`, for which the outputs are
 * @throws FtteError `window-not-finite` with the magnitude of the window's values
 */
export function checkOutputs(outputs: Float32Array, window: Float32Array, { input }: Task): void {
  if (outputs.every(Number.isFinite)) return;
  const largest = Number(magnitudeOf(window).toPrecision(1));
  throw new FtteError(
    'window-not-finite',
    `the model gives no numbers for a window of values up to ${largest}; expected values near the centres and spreads of ${input.channels.map(({ name }) => name).join(', ')}`,
  );
}

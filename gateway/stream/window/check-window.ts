import { describeMeasured, FtteError } from '../../platform';
import type { Task } from '../../task';

/**
 * Checks one window (or sample) from outside against the task's input.
 * @param window `[rows, channels]`
 * @param rows how many are wanted; those of a window by default
 * @throws FtteError `window-shape`, `window-not-finite`, both naming what came and what was wanted
 */
export function checkWindow(window: Float32Array, input: Task['input'], rows = input.length): void {
  const channels = input.channels.length;
  if (!(window instanceof Float32Array)) {
    throw new FtteError(
      'window-shape',
      `window is ${describeMeasured(window)}, wanted a Float32Array ${shape(input, rows)}`,
    );
  }
  if (window.length !== rows * channels) {
    const came =
      window.length % channels === 0
        ? `[${window.length / channels}, ${channels}]`
        : `${window.length} values`;
    throw new FtteError('window-shape', `window has ${came}, the task asks for ${shape(input, rows)}`, {
      got: window.length,
      wanted: rows * channels,
    });
  }
  for (let i = 0; i < window.length; i++) {
    // x - x is 0 for finite numbers and NaN for all others: one comparison a value.
    if (window[i]! - window[i]! !== 0) {
      const channel = input.channels[i % channels]!.name;
      const row = Math.floor(i / channels);
      throw new FtteError(
        'window-not-finite',
        `window holds ${window[i]} in channel ${channel} at row ${row}; all values must be finite`,
        { channel, row },
      );
    }
  }
}

/** `[128, 6]: acc_x, acc_y, ...`, and for a sample what its rows are. */
function shape(input: Task['input'], rows: number): string {
  const names = input.channels.map((channel) => channel.name).join(', ');
  const following = rows > input.length ? ` (a window of ${input.length} and what followed it)` : '';
  return `[${rows}, ${input.channels.length}]: ${names}${following}`;
}

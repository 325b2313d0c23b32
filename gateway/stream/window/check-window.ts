import { describeMeasured, FtteError } from '../../platform';
import type { Task } from '../../task';

/**
 * Validates one window (or sample) from outside against the input of the task.
 * @param window `[rows, channels]`
 * @param rows expected number of rows; by default those of a window
 * @throws FtteError `window-shape`, `window-not-finite`, both naming what came and what was expected
 */
export function checkWindow(window: Float32Array, input: Task['input'], rows = input.length): void {
  const channels = input.channels.length;
  if (!(window instanceof Float32Array)) {
    throw new FtteError(
      'window-shape',
      `window is ${describeMeasured(window)}, expected a Float32Array ${shape(input, rows)}`,
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
    // x - x is 0 for finite numbers and NaN for all others, which needs one comparison per value.
    if (window[i]! - window[i]! !== 0) {
      const channel = input.channels[i % channels]!.name;
      const row = Math.floor(i / channels);
      throw new FtteError(
        'window-not-finite',
        `window holds ${window[i]} in channel ${channel} at row ${row}; expected finite values`,
        { channel, row },
      );
    }
  }
}

/** `[128, 6]: acc_x, acc_y, ...`, and for a sample the meaning of its rows. */
function shape(input: Task['input'], rows: number): string {
  const names = input.channels.map((channel) => channel.name).join(', ');
  const following = rows > input.length ? ` (a window of ${input.length} and what followed it)` : '';
  return `[${rows}, ${input.channels.length}]: ${names}${following}`;
}

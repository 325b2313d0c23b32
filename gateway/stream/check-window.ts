import { FtteError } from '../platform';
import type { Task } from '../task';

/**
 * Checks one window from outside against the task's input.
 * @param window `[length, channels]`
 * @throws FtteError `window-shape`, `window-not-finite`, both naming what came and what was wanted
 */
export function checkWindow(window: Float32Array, input: Task['input']): void {
  const channels = input.channels.length;
  if (!(window instanceof Float32Array)) {
    throw new FtteError(
      'window-shape',
      `window is ${describe(window)}, wanted a Float32Array ${shape(input)}`,
    );
  }
  if (window.length !== input.length * channels) {
    const came =
      window.length % channels === 0
        ? `[${window.length / channels}, ${channels}]`
        : `${window.length} values`;
    throw new FtteError('window-shape', `window has ${came}, the task asks for ${shape(input)}`, {
      got: window.length,
      wanted: input.length * channels,
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

/** `[128, 6]: acc_x, acc_y, ...` */
function shape(input: Task['input']): string {
  const names = input.channels.map((channel) => channel.name).join(', ');
  return `[${input.length}, ${input.channels.length}]: ${names}`;
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return typeof value === 'object' ? value.constructor?.name || 'an object' : `a ${typeof value}`;
}

import { describeMeasured, FtteError } from '../platform';
import type { Sample } from '../stream';
import { readLabel } from '../stream';
import type { Task } from '../task';

/** One window, `[length, channels]`, normalised as the task defines: flat, row by row, or one array per reading. */
export type WindowValues = Float32Array | readonly number[] | readonly (readonly number[])[];

/** The window as a flat array. The values are checked when it is stored. */
export function toWindow(values: WindowValues): Float32Array {
  // A value that is not an array fails the check of its shape, which names what came.
  if (!Array.isArray(values)) return values as Float32Array;
  return Float32Array.from((values as unknown[]).flat(), numberAt);
}

/** `Float32Array` makes 0 of null, which means a missing value. @throws FtteError `window-not-finite` */
function numberAt(value: unknown, index: number): number {
  if (typeof value === 'number') return value;
  throw new FtteError(
    'window-not-finite',
    `window has ${describeMeasured(value)} at index ${index}, expected numbers`,
  );
}

/** A sample of the task. @throws FtteError `label-unknown` naming the labels of the task */
export function toSample(values: WindowValues, label: string | number | undefined, task: Task): Sample {
  const index = readLabel(label, task.labels);
  return index < 0 ? { window: toWindow(values) } : { window: toWindow(values), label: index };
}

import { normalise, PersonScales, type Sample } from '../../stream';
import type { Task } from '../../task';
import type { DataSet } from './data-set';

/** Every example of the data, normalised, in memory that threads share. */
export interface Examples {
  /** `[count, length, channels]` end to end. */
  readonly x: Float32Array;
  readonly y: Uint16Array;
  /** Values of one example. */
  readonly size: number;
}

/** All windows of the data as the model sees them. */
export function normaliseExamples(data: DataSet, input: Task['input']): Examples {
  // If readings are predicted, an example is longer than the input: it ends with them.
  const size = data.input.length * input.channels.length;
  const bytes = data.windows.length * size * Float32Array.BYTES_PER_ELEMENT;
  const x = new Float32Array(new SharedArrayBuffer(bytes));
  const scales = new PersonScales(input);
  data.windows.forEach((window, i) => {
    const place = x.subarray(i * size, (i + 1) * size);
    place.set(window);
    normalise(place, input, scales.of(data.person?.[i]));
  });
  const y = new Uint16Array(new SharedArrayBuffer(data.y.byteLength));
  y.set(data.y);
  return { x, y, size };
}

/** One example as a sample store holds it; the window is not copied. */
export function sampleOf({ x, y, size }: Examples, i: number): Sample {
  return { window: x.subarray(i * size, (i + 1) * size), label: y[i] as number };
}

import { normalise, PersonScale, type Sample } from '../../stream';
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
  const size = input.length * input.channels.length;
  const bytes = data.windows.length * size * Float32Array.BYTES_PER_ELEMENT;
  const x = new Float32Array(new SharedArrayBuffer(bytes));
  // The windows of a person are in the order in which they were recorded.
  const people = new Map<number, PersonScale>();
  const scaleOf = (person: number) => {
    const known = people.get(person) ?? new PersonScale(input);
    people.set(person, known);
    return known;
  };
  data.windows.forEach((window, i) => {
    const place = x.subarray(i * size, (i + 1) * size);
    place.set(window);
    normalise(place, input, scaleOf(data.person?.[i] ?? 0));
  });
  const y = new Uint16Array(new SharedArrayBuffer(data.y.byteLength));
  y.set(data.y);
  return { x, y, size };
}

/** One example as a sample store holds it; the window is not copied. */
export function sampleOf({ x, y, size }: Examples, i: number): Sample {
  return { window: x.subarray(i * size, (i + 1) * size), label: y[i] as number };
}

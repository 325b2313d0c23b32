/**
 * One row of a sensor stream: a value for each channel in the task's order, in the channels' units.
 * NaN stands for a value that is missing.
 */
export interface Reading {
  readonly values: Float32Array | Float64Array | readonly number[];
  /** Name or index of the label at this moment. */
  readonly label?: string | number;
  /** Milliseconds; only differences matter. */
  readonly timeMs?: number;
  /** Whose stream it is: streams of different subjects never share a window. */
  readonly subject?: string;
}

/** A stream of readings to replay: (async) iterable, and how many there are if that is known. */
export interface ReadingSource {
  readonly channels: readonly string[];
  /** Readings a second, if the source knows. */
  readonly rateHz: number | undefined;
  readonly labels: readonly string[];
  readonly subjects: readonly string[];
  /** Number of readings; undefined if only reading to the end would tell. */
  readonly length: number | undefined;
  readings(): AsyncIterable<Reading> | Iterable<Reading>;
}

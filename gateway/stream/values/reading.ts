/**
 * One row of a sensor stream: a value for each channel in the order of the task, in the units of the channels. NaN
 * stands for a missing value.
 */
export interface Reading {
  readonly values: Float32Array | Float64Array | readonly number[];
  /** Name or index of the label at this moment. */
  readonly label?: string | number;
  /** Milliseconds; only differences matter. */
  readonly timeMs?: number;
  /** The subject of the stream. Streams of different subjects never share a window. */
  readonly subject?: string;
  /** True if a beat is at this reading. */
  readonly beat?: boolean;
  /** The first reading of a recording: it does not continue what came before. */
  readonly begins?: true;
}

/** A reading whose values of categories are texts. */
export interface ReadingWithTexts extends Omit<Reading, 'values'> {
  readonly values: ArrayLike<number | string>;
}

/** A stream of readings to replay: an (async) iterable with its length, if that is known. */
export interface ReadingSource {
  readonly channels: readonly string[];
  /** Readings per second, if the source knows them. */
  readonly rateHz: number | undefined;
  readonly labels: readonly string[];
  readonly subjects: readonly string[];
  /**
   * For each channel of texts its texts so far, of which values are places; undefined for a channel of numbers. The list grows
   * while readings come.
   */
  readonly categories?: readonly (readonly string[] | undefined)[] | undefined;
  /** Number of readings. Undefined if it is known only at the end. */
  readonly length: number | undefined;
  /** True if channels without a value in a reading come in readings of their own. Default: their values are missing. */
  readonly isSparse?: boolean;
  readings(): AsyncIterable<Reading> | Iterable<Reading>;
}

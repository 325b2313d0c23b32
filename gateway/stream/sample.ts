/** What the engine learns from: a window and what it is an example of. */
export interface Sample {
  /**
   * `[rows, channels]`, normalised, float32, where rows is the task's `taskSampleRows`: the window and, for a forecast,
   * the readings that followed it. Belongs to whoever holds the sample; never changed.
   */
  readonly window: Float32Array;
  /** Index into the task's labels; absent where the stream did not say, or the task has none. */
  readonly label?: number;
}

/**
 * Samples end to end, as the engine takes them: `x` is `[count, rows, channels]`, `y` holds label indices and is empty
 * for tasks without labels.
 */
export interface SampleBatch {
  readonly count: number;
  readonly x: Float32Array;
  readonly y: Uint16Array;
}

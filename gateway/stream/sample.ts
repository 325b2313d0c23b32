/** A window and what it is an example of. */
export interface Sample {
  /** `[length, channels]`, normalised, float32. Belongs to whoever holds the sample; never changed. */
  readonly window: Float32Array;
  /** Index into the task's labels; absent where the stream did not say. */
  readonly label?: number;
}

/** Samples end to end, as the engine takes them: `x` is `[count, length, channels]`, `y` holds label indices. */
export interface SampleBatch {
  readonly count: number;
  readonly x: Float32Array;
  readonly y: Uint16Array;
}

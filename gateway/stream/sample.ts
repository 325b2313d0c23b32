/** A window and what it is an example of. */
export interface Sample {
  /** `[length, channels]`, normalised, float32. Belongs to whoever holds the sample; never changed. */
  readonly window: Float32Array;
  /** Index into the task's labels; absent where the stream did not say. */
  readonly label?: number;
}

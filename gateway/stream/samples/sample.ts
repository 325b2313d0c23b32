/** A window and its label, from which the engine learns. */
export interface Sample {
  /**
   * `[rows, channels]`, normalised, float32, where rows is the task's `taskSampleRows`: the window and, for a forecast,
   * the readings after it. It belongs to the owner of the sample and is never changed.
   */
  readonly window: Float32Array;
  /** Index of the task's labels. Absent if the stream gave none, or the task has none. */
  readonly label?: number;
  /** Whose window it is, of a held-out window. It is in memory only. */
  readonly subject?: string;
  /** Of a held-out window for a task that finds anomalies: a person knows that it is one. */
  readonly unusual?: boolean;
}

/**
 * Samples in one array, as the engine takes them: `x` is `[count, rows, channels]`, `y` holds label indices and is
 * empty for tasks without labels.
 */
export interface SampleBatch {
  readonly count: number;
  readonly x: Float32Array;
  readonly y: Uint16Array;
}

/** The windows of a batch, which are views. */
export function windowsOf({ count, x }: Pick<SampleBatch, 'count' | 'x'>): Float32Array[] {
  const size = x.length / Math.max(1, count);
  return Array.from({ length: count }, (_, i) => x.subarray(i * size, (i + 1) * size));
}

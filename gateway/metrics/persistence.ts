/** The part of a window that a forecast is compared with. */
export interface ForecastShape {
  /** Readings that the model sees, and readings after them that it predicts. */
  readonly length: number;
  readonly horizon: number;
  /** Channels of a reading, and those that are predicted. */
  readonly channels: number;
  readonly predicted: readonly number[];
}

/**
 * Squared error of the forecast that says the newest reading goes on, summed over all predicted values.
 * @param sample `[length + horizon, channels]`
 */
export function persistenceSquares(sample: ArrayLike<number>, shape: ForecastShape): number {
  const { length, horizon, channels, predicted } = shape;
  let squares = 0;
  for (let step = 0; step < horizon; step++) {
    for (const channel of predicted) {
      const last = sample[(length - 1) * channels + channel] ?? Number.NaN;
      const error = (sample[(length + step) * channels + channel] ?? Number.NaN) - last;
      squares += error * error;
    }
  }
  return squares;
}

/**
 * Skill of a forecast against another one: 1 - error / error of the other (Murphy 1988). 1 is perfect, 0 is as good, below 0
 * is worse. Undefined if the other makes no error.
 */
export function skillScore(meanSquaredError: number, ofReference: number): number | undefined {
  return ofReference > 0 ? 1 - meanSquaredError / ofReference : undefined;
}

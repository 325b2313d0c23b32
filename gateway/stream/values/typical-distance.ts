/** If most values of a channel are further from its centre than this, the task and the sensor differ in their unit. */
const typicalSpreads = 5.5;
/** Fewest values of a channel that show its typical distance, if its windows are short. */
const fewestValues = 200;
/** Length of the first judgement, in windows. */
const fewestWindows = 4;

/** Mean and deviation of the values of a channel. */
export interface Measured {
  readonly centre: number;
  readonly spread: number;
}

/**
 * Judges whether the values of channels are typically, that is in their median, too many spreads from the centre of
 * their task: accelerations in m/s² for a task in g. It judges all values since the start, first after four windows and
 * at least 200 values, then each time after twice as many, so that a person who lies for an hour is no other unit.
 *
 * The threshold lies between channels of the right unit, such as an axis of gravity that is turned over (4 spreads for
 * centre 1 and spread 0.5, in g) or one person's electrodermal activity (5.4 spreads of a population), and 6.6, which is
 * 9.81 times the median distance of a normal distribution. There is no judgement of values that are too near the centre:
 * a sensor at rest is as near.
 */
export class TypicalDistance {
  private readonly seen: Float64Array;
  private readonly distant: Float64Array;
  private readonly judgeAt: Float64Array;
  private readonly mean: Float64Array;
  /** Sum of the squared deviations from the mean (Welford 1962). */
  private readonly squares: Float64Array;

  /** @param length readings of a window */
  constructor(channels: number, length: number) {
    this.seen = new Float64Array(channels);
    this.distant = new Float64Array(channels);
    this.judgeAt = new Float64Array(channels).fill(Math.max(fewestValues, fewestWindows * length));
    this.mean = new Float64Array(channels);
    this.squares = new Float64Array(channels);
  }

  /**
   * Counts a value.
   * @param spreads its distance from the centre of the task, in spreads of the task
   * @returns the measured centre and spread when the channel is found to be of another unit, which happens once
   */
  count(channel: number, value: number, spreads: number): Measured | undefined {
    const seen = ++this.seen[channel]!;
    if (spreads > typicalSpreads) this.distant[channel]!++;
    const deviation = value - this.mean[channel]!;
    this.mean[channel]! += deviation / seen;
    this.squares[channel]! += deviation * (value - this.mean[channel]!);
    if (seen < this.judgeAt[channel]!) return undefined;
    const isDistant = this.distant[channel]! * 2 > seen;
    this.judgeAt[channel] = isDistant ? Number.POSITIVE_INFINITY : 2 * seen;
    if (!isDistant) return undefined;
    return { centre: this.mean[channel]!, spread: Math.sqrt(this.squares[channel]! / seen) };
  }
}

/** A channel that comes less often than the fastest one by this factor is slow, and rows do not wait for it. */
const slowFactor = 1.7;
/** Steps of a channel that are kept. */
const remembered = 4;

/** The times at which the channels of a stream come, and how far apart they are. */
export class ChannelSteps {
  private readonly lastMs: Float64Array;
  private readonly steps: number[][];

  constructor(channels: number) {
    this.lastMs = new Float64Array(channels).fill(Number.NaN);
    this.steps = Array.from({ length: channels }, () => []);
  }

  /** Milliseconds between values of the fastest channel; NaN if not known. */
  get fastest(): number {
    let fastest = Number.NaN;
    for (let c = 0; c < this.steps.length; c++) {
      const step = this.stepOf(c);
      if (!(fastest <= step) && !Number.isNaN(step)) fastest = step;
    }
    return fastest;
  }

  /** The newest time of a channel; NaN if it has not come. */
  lastOf(channel: number): number {
    return this.lastMs[channel]!;
  }

  /**
   * Milliseconds between values of a channel: the shortest of the newest steps, because values may be lost. NaN if not
   * known.
   */
  stepOf(channel: number): number {
    const steps = this.steps[channel]!;
    return steps.length === 0 ? Number.NaN : Math.min(...steps);
  }

  /** @param fastest see `fastest` */
  isSlow(channel: number, fastest: number): boolean {
    return this.stepOf(channel) >= slowFactor * fastest;
  }

  /** Takes the time of a value. */
  add(channel: number, ms: number): void {
    const step = ms - this.lastMs[channel]!;
    if (Number.isNaN(step)) this.lastMs[channel] = ms;
    if (!(step > 0)) return;
    this.lastMs[channel] = ms;
    const steps = this.steps[channel]!;
    steps.push(step);
    if (steps.length > remembered) steps.shift();
  }

  /** Times have been reinterpreted: they become `ms * scale + offset`. */
  adjust(scale: number, offset: number): void {
    for (let c = 0; c < this.lastMs.length; c++) this.lastMs[c] = this.lastMs[c]! * scale + offset;
    for (const steps of this.steps) steps.length = 0;
  }
}

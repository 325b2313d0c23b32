/** Number of steps in one measurement. */
const stepsMeasured = 32;
/**
 * A step that is longer than the next longest by this factor is a gap, which does not show the rate. There may be two
 * gaps.
 */
const gapFactor = 3;
/**
 * If fewer steps than this are not zero, the clock ticks more slowly than the sensor, and the rate follows only from a
 * long stretch.
 */
const fewTicks = 8;
const longStretch = 1024;
/** A rate that differs from the task's by more than this share is reported. */
const tolerance = 0.1;

/**
 * Measures the readings per second of a stream by its own times, and reports once if they do not fit the task's rate.
 */
export class RateMeter {
  private readonly steps: number[] = [];
  private lastMs: number | undefined;
  private ticks = 0;
  private strikes = 0;

  /** @param onOther receives once a rate that differs from the task's */
  constructor(
    private readonly rateHz: number,
    private readonly onOther: (measuredHz: number) => void,
  ) {}

  /** @param rows readings since the last one that had a time */
  add(ms: number, rows: number): void {
    const step = this.lastMs === undefined ? -1 : ms - this.lastMs;
    this.lastMs = ms;
    if (step < 0) return;
    this.steps.push(step / rows);
    if (step > 0) this.ticks++;
    if (this.steps.length >= stepsMeasured) this.measure();
  }

  private measure(): void {
    const { steps } = this;
    const enough = this.ticks >= fewTicks && steps.length === stepsMeasured;
    if (!enough && steps.length < longStretch) return;
    steps.sort((a, b) => a - b);
    for (let gaps = 0; gaps < 2 && steps.at(-1)! > gapFactor * steps.at(-2)!; gaps++) steps.pop();
    const mean = steps.reduce((sum, step) => sum + step, 0) / steps.length;
    this.clear();
    if (mean <= 0) return;
    const measured = 1000 / mean;
    const off = Math.abs(measured / this.rateHz - 1) > tolerance;
    this.strikes = off ? this.strikes + 1 : 0;
    if (this.strikes === 2) this.onOther(measured);
  }

  private clear(): void {
    this.steps.length = 0;
    this.ticks = 0;
  }
}

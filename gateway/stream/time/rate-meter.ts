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
/** A rate below this share of the task's is measured from few steps, in a shorter time. */
const grossShare = 0.5;
const grossSteps = 8;
const grossMs = 4_000;

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
    else if (this.steps.length >= grossSteps) this.measureSlow();
  }

  /** A sensor that is far slower than the task would take a minute to be measured in full. */
  private measureSlow(): void {
    const { steps } = this;
    const sorted = [...steps].sort((a, b) => a - b);
    const total = sorted.reduce((sum, step) => sum + step, 0);
    // Every step is long, so that gaps between usual ones are no reason.
    const isSlow = sorted[0]! > 0 && 1000 / sorted[0]! < grossShare * this.rateHz;
    if (!isSlow || total < grossMs || this.ticks < steps.length) return;
    const measured = 1000 / sorted[steps.length >> 1]!;
    this.clear();
    this.strike(measured, true);
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
    this.strike(measured, Math.abs(measured / this.rateHz - 1) > tolerance);
  }

  private strike(measured: number, isOff: boolean): void {
    this.strikes = isOff ? this.strikes + 1 : 0;
    if (this.strikes === 2) this.onOther(measured);
  }

  private clear(): void {
    this.steps.length = 0;
    this.ticks = 0;
  }
}

/** Milliseconds of one measurement: long beside the delays of a busy machine. */
const measuredMs = 30_000;
/** A pause of this length begins a new measurement: after it, arrivals do not show the rate of the sensor. */
const pauseMs = 5000;
const fewestRows = 64;
/** A rate that differs from the task's by more than this share is reported. Times of arrival are rough. */
const tolerance = 0.25;

/**
 * Measures the readings per second of a stream without times by when they arrive, and reports once if they do not fit
 * the task's rate.
 */
export class ArrivalRate {
  private firstMs: number | undefined;
  private lastMs = 0;
  private rows = 0;
  private strikes = 0;

  /** @param onOther receives once a rate that differs from the task's */
  constructor(
    private readonly rateHz: number,
    private readonly onOther: (measuredHz: number) => void,
  ) {}

  /** A row arrived. */
  add(receivedMs: number): void {
    const pause = receivedMs - this.lastMs;
    this.lastMs = receivedMs;
    if (this.firstMs === undefined || pause < 0 || pause > pauseMs) {
      this.begin(receivedMs);
      return;
    }
    this.rows++;
    const elapsed = receivedMs - this.firstMs;
    if (elapsed < measuredMs || this.rows < fewestRows) return;
    const measured = (this.rows * 1000) / elapsed;
    this.begin(receivedMs);
    const off = Math.abs(measured / this.rateHz - 1) > tolerance;
    this.strikes = off ? this.strikes + 1 : 0;
    if (this.strikes === 2) this.onOther(measured);
  }

  private begin(ms: number): void {
    this.firstMs = ms;
    this.rows = 0;
  }
}

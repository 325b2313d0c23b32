import { SparseRate } from './sparse-rate';

/** Milliseconds of one measurement: long beside the delays of a busy machine. */
const measuredMs = 25_000;
/** Milliseconds after which a rate is measured that is far from the task's. */
const grossMs = 5_000;
/** A pause of this length begins a new measurement: after it, arrivals do not show the rate of the sensor. */
const pauseMs = 5000;
const fewestRows = 64;
const fewestGrossRows = 16;
/** A rate that differs from the task's by more than this share is reported. Times of arrival are rough. */
const tolerance = 0.25;
/** A rate that differs by this factor is far from the task's. */
const grossFactor = 1.6;

/**
 * Measures the readings per second of a stream without times by when they arrive, and reports once if they do not fit
 * the task's rate.
 */
export class ArrivalRate {
  private firstMs: number | undefined;
  private lastMs = 0;
  private rows = 0;
  private strikes = 0;
  private grossFirstMs = 0;
  private grossRows = 0;
  /** 1: the last short measurement was far above the task's rate, -1: far below it. */
  private grossSide = 0;
  private isSaid = false;
  private readonly sparse: SparseRate;

  /** @param onOther receives once a rate that differs from the task's */
  constructor(
    private readonly rateHz: number,
    private readonly onOther: (measuredHz: number) => void,
  ) {
    this.sparse = new SparseRate(rateHz);
  }

  /** A row arrived. */
  add(receivedMs: number): void {
    const few = this.sparse.add(receivedMs);
    if (few !== undefined) this.report(few);
    const pause = receivedMs - this.lastMs;
    this.lastMs = receivedMs;
    if (this.firstMs === undefined || pause < 0 || pause > pauseMs) {
      this.begin(receivedMs);
      return;
    }
    this.rows++;
    this.measureGross(receivedMs);
    const elapsed = receivedMs - this.firstMs;
    if (elapsed < measuredMs || this.rows < fewestRows) return;
    const measured = (this.rows * 1000) / elapsed;
    this.firstMs = receivedMs;
    this.rows = 0;
    const off = Math.abs(measured / this.rateHz - 1) > tolerance;
    this.strikes = off ? this.strikes + 1 : 0;
    if (this.strikes === 2) this.report(measured);
  }

  /** Two short measurements in a row are enough for a rate that no delay explains. */
  private measureGross(receivedMs: number): void {
    this.grossRows++;
    const elapsed = receivedMs - this.grossFirstMs;
    if (elapsed < grossMs || this.grossRows < fewestGrossRows) return;
    const measured = (this.grossRows * 1000) / elapsed;
    this.grossFirstMs = receivedMs;
    this.grossRows = 0;
    const factor = measured / this.rateHz;
    const side = factor >= grossFactor ? 1 : factor <= 1 / grossFactor ? -1 : 0;
    if (side !== 0 && side === this.grossSide) this.report(measured);
    this.grossSide = side;
  }

  private report(measured: number): void {
    if (this.isSaid) return;
    this.isSaid = true;
    this.onOther(measured);
  }

  private begin(ms: number): void {
    this.firstMs = this.grossFirstMs = ms;
    this.rows = this.grossRows = 0;
    this.grossSide = 0;
  }
}

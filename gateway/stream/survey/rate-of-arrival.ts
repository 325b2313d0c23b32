import { readTimeStamp } from '../time';
import { unitMsOf } from '../time/time-unit';

/** Steps between readings that are kept for their median. */
const mostSteps = 4000;
/** Fewest steps whose median is a rate. */
const fewestSteps = 4;
/** Units in which a device may count time, in milliseconds. */
const units = [1000, 1, 1e-3, 1e-6];

/** Measures the readings per second of one stream: by their own times, or else by when their messages came. */
export class RateOfArrival {
  /** Values of its busiest channel. */
  count = 0;
  private firstCount = 0;
  private firstMs = Number.NaN;
  private lastMs = Number.NaN;
  private firstStamp = Number.NaN;
  private lastStamp = Number.NaN;
  /** Whether times are numbers, whose unit is still to be found. */
  private isPlain = false;
  private readonly steps: number[] = [];

  /** A message brought so many readings. */
  came(readings: number, receivedMs: number): void {
    if (Number.isNaN(this.firstMs)) {
      this.firstMs = receivedMs;
      this.firstCount = readings;
    }
    this.lastMs = receivedMs;
    this.count += readings;
  }

  /** The time of one reading, as it came; what is no time is left out. */
  measuredAt(time: unknown): void {
    let stamp: ReturnType<typeof readTimeStamp>;
    try {
      stamp = readTimeStamp(time);
    } catch {
      return;
    }
    if (!stamp) return;
    this.isPlain = stamp.plain;
    if (Number.isNaN(this.firstStamp)) this.firstStamp = stamp.value;
    const step = stamp.value - this.lastStamp;
    this.lastStamp = stamp.value;
    if (step > 0 && this.steps.length < mostSteps) this.steps.push(step);
  }

  /** Readings per second; undefined if too few have come. */
  get hz(): number | undefined {
    return this.hzOfTimes ?? this.hzOfArrival;
  }

  private get hzOfTimes(): number | undefined {
    const { steps } = this;
    if (steps.length < fewestSteps) return undefined;
    const median = [...steps].sort((a, b) => a - b)[steps.length >> 1]!;
    const hz = 1000 / (median * this.unitMs);
    return Number.isFinite(hz) ? hz : undefined;
  }

  private get hzOfArrival(): number | undefined {
    const elapsedMs = this.lastMs - this.firstMs;
    const readings = this.count - this.firstCount;
    return elapsedMs > 0 && readings > 0 ? (readings * 1000) / elapsedMs : undefined;
  }

  /** Milliseconds of the unit of the times: by the size of the numbers, or by how long the readings took to come. */
  private get unitMs(): number {
    if (!this.isPlain) return 1;
    const known = unitMsOf(this.lastStamp);
    if (known !== undefined) return known;
    const elapsedMs = this.lastMs - this.firstMs;
    const span = this.lastStamp - this.firstStamp;
    if (!(elapsedMs > 0 && span > 0)) return 1;
    const distance = (unit: number) => Math.abs(Math.log((span * unit) / elapsedMs));
    return units.reduce((best, unit) => (distance(unit) < distance(best) ? unit : best));
  }
}

import type { RawReading } from './packet';

/** Puts values that were measured at the same moment into one reading. */
export class ByMoment {
  /** One reading per moment, in the order in which the moments first came. */
  readonly readings: RawReading[] = [];
  private readonly moments = new Map<unknown, Record<string, unknown>>();

  /** @param time the time as it came; values of the same moment have the same `key` */
  add(channel: string, value: unknown, time: unknown, key: unknown = time): void {
    let values = this.moments.get(key);
    if (values === undefined) {
      values = {};
      this.moments.set(key, values);
      this.readings.push({ values, time });
    }
    values[channel] = value;
  }
}

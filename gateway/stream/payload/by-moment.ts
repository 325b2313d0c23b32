import type { RawReading } from './packet';

/** Puts values that were measured at the same moment into one reading. */
export class ByMoment {
  private readonly moments = new Map<unknown, { values: Record<string, unknown>; time: unknown }>();

  /** @param time as it came; what is the same moment has the same `key` */
  add(channel: string, value: unknown, time: unknown, key: unknown = time): void {
    const moment = this.moments.get(key) ?? { values: {}, time };
    this.moments.set(key, moment);
    moment.values[channel] = value;
  }

  get readings(): RawReading[] {
    return [...this.moments.values()];
  }
}

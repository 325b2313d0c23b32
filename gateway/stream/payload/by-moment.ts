import type { Resumable } from '../../platform';
import { endsStep, type RawReading } from './packet';

type Values = Record<string, unknown>;

/** Tables of moments: one table of a million moments would hold the event loop whenever it grows. */
const tables = 256;

/** Puts values that were measured at the same moment into one reading. */
export class ByMoment {
  /** One reading per moment, in the order in which the moments first came. */
  readonly readings: RawReading[] = [];
  private readonly moments: (Map<unknown, Values> | undefined)[] = [];

  /** @param time the time as it came; values of the same moment have the same `key` */
  add(channel: string, value: unknown, time: unknown, key: number | string): void {
    const at = tableOf(key);
    let table = this.moments[at];
    if (table === undefined) {
      table = new Map();
      this.moments[at] = table;
    }
    let values = table.get(key);
    if (values === undefined) {
      values = {};
      table.set(key, values);
      this.readings.push({ values, time });
    }
    values[channel] = value;
  }

  /** The readings in the order of their times, which are Dates or numbers. It pauses, because they may be a million. */
  *inOrder(): Resumable<readonly RawReading[]> {
    const { readings } = this;
    let newest = Number.NEGATIVE_INFINITY;
    for (const [i, { time }] of readings.entries()) {
      if (endsStep(i)) yield;
      if (Number(time) < newest) return yield* sorted(readings);
      newest = Number(time);
    }
    return readings;
  }
}

/** Merges ordered runs of 1, 2, 4, ... readings. Those of the same time keep their order. */
function* sorted(readings: readonly RawReading[]): Resumable<readonly RawReading[]> {
  let from = [...readings];
  for (let run = 1; run < from.length; run *= 2) {
    const to: RawReading[] = [];
    for (let start = 0; start < from.length; start += 2 * run) {
      const middle = Math.min(start + run, from.length);
      const end = Math.min(start + 2 * run, from.length);
      let [left, right] = [start, middle];
      while (left < middle || right < end) {
        const takesLeft = right >= end || (left < middle && !(at(from, right) < at(from, left)));
        to.push(from[takesLeft ? left++ : right++]!);
        if (endsStep(to.length)) yield;
      }
    }
    from = to;
  }
  return from;
}

const at = (readings: readonly RawReading[], index: number) => Number(readings[index]!.time);

/** The table of a moment: by its milliseconds, or by the last letters of its text. */
function tableOf(key: number | string): number {
  if (typeof key === 'number') return Math.abs(Math.floor(key * 1000)) % tables || 0;
  let hash = 0;
  for (let i = Math.max(0, key.length - 10); i < key.length; i++) hash = (hash * 31 + key.charCodeAt(i)) | 0;
  return (hash >>> 0) % tables;
}

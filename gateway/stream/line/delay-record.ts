/** Bursts that are kept. */
const remembered = 16;

/**
 * The delays of the newest readings of a stream, in milliseconds. The delay is 0 if a reading came as long after the
 * first one as its number requires. Readings that come together (a radio delivers them in pairs, or a coarse clock
 * ticks once for many) are one burst; the first reading of a burst has the longest delay, the last one is fresh. In a
 * steady stream each burst has one reading.
 */
export class DelayRecord {
  private readonly starts: number[] = [];
  private readonly ends: number[] = [];
  private newest = 0;

  /** Forgets everything except one reading. */
  begin(delayMs: number): void {
    this.starts.length = 0;
    this.ends.length = 0;
    this.starts.push(delayMs);
    this.newest = delayMs;
  }

  /** The delay at the end of the newest burst. */
  get end(): number {
    return this.newest;
  }

  /** Delays that are nearer to the given one than to none were too long by it. */
  advance(ms: number): void {
    const start = this.lowest;
    const advanced = (delay: number) => (delay > start + ms / 2 ? delay - ms : delay);
    for (const list of [this.starts, this.ends])
      for (const [i, delay] of list.entries()) list[i] = advanced(delay);
    this.newest = advanced(this.newest);
  }

  /** @param together true if the reading belongs to the burst of the one before */
  add(delayMs: number, together: boolean): void {
    if (!together) {
      keep(this.ends, this.newest);
      keep(this.starts, delayMs);
    }
    this.newest = delayMs;
  }

  /** The usual delay of a reading: the second largest, because the largest may be a stall that does not occur again. */
  get highest(): number {
    let [first, second] = [-Infinity, -Infinity];
    for (const start of this.starts) {
      if (start > first) [first, second] = [start, first];
      else if (start > second) second = start;
    }
    return this.starts.length < 2 ? first : second;
  }

  /** The delay of a fresh reading: the mean of the delays at the ends of bursts. */
  get fresh(): number {
    return mean(this.completed);
  }

  /** The smallest delay at the end of a burst. */
  get lowest(): number {
    return Math.min(...this.completed);
  }

  /** Number of bursts that are known to have ended. */
  get bursts(): number {
    return this.ends.length;
  }

  /** Range of the delays at the ends of bursts. */
  get spread(): number {
    const ends = this.completed;
    return Math.max(...ends) - Math.min(...ends);
  }

  /** The ends of bursts, without the newest reading if its burst may continue. */
  private get completed(): readonly number[] {
    return [...this.ends, this.newest];
  }
}

export function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

function keep(list: number[], value: number): void {
  list.push(value);
  if (list.length > remembered) list.shift();
}

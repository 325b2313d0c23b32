/** Bursts that are remembered. */
const remembered = 16;

/**
 * How late the newest readings of a stream came, in milliseconds: 0 is a reading as far behind the first as their number
 * says. Readings that come together (a radio delivers them in pairs, a clock ticks once for many) are one burst; its
 * first reading comes latest, its last one is fresh. A steady stream has bursts of one.
 */
export class DelayRecord {
  private readonly starts: number[] = [];
  private readonly ends: number[] = [];
  private newest = 0;

  /** Forgets everything but one reading. */
  begin(delayMs: number): void {
    this.starts.length = 0;
    this.ends.length = 0;
    this.starts.push(delayMs);
    this.newest = delayMs;
  }

  /** @param together true if the reading belongs to the burst of the one before */
  add(delayMs: number, together: boolean): void {
    if (!together) {
      keep(this.ends, this.newest);
      keep(this.starts, delayMs);
    }
    this.newest = delayMs;
  }

  /** Lateness that is usual for a reading: the second largest, as the largest may be a stall that will not come again. */
  get highest(): number {
    let [first, second] = [-Infinity, -Infinity];
    for (const start of this.starts) {
      if (start > first) [first, second] = [start, first];
      else if (start > second) second = start;
    }
    return this.starts.length < 2 ? first : second;
  }

  /** Lateness of a fresh reading: the mean of how late bursts end. */
  get fresh(): number {
    return mean(this.completed);
  }

  /** Earliest end of a burst. */
  get lowest(): number {
    return Math.min(...this.completed);
  }

  /** Bursts that are known to have ended. */
  get bursts(): number {
    return this.ends.length;
  }

  /** How far apart the ends of bursts are. */
  get spread(): number {
    const ends = this.completed;
    return Math.max(...ends) - Math.min(...ends);
  }

  /** Ends of bursts, as far as the newest reading ends one. */
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

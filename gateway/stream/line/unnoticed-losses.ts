/** Bursts that are compared with as many before them. */
const compared = 8;
/** Periods by which the newer bursts come later, at least, after a loss: less may be chance. */
const fewestPeriods = 0.75;
/** Share of the variation before that is added to it. */
const spreadShare = 0.25;
/** Periods by which half of the older bursts come later than the other half if the sensor is slower than its task. */
const slope = 0.5;

/**
 * Finds losses that no single row has shown: if times vary by a third of a period, a row after a loss is hardly later than a
 * late row without one, and each that is taken for such a row makes the next one less unusual. All rows after a loss come a
 * period later, so that their median does, too. A sensor that is slower than its task comes later and later instead, from the
 * beginning.
 */
export class UnnoticedLosses {
  /** Delays of the newest bursts, in milliseconds, the oldest first. */
  private readonly delays: number[] = [];

  /** Forgets everything. */
  begin(): void {
    this.delays.length = 0;
  }

  /** Takes the delay at the end of a burst. */
  add(delayMs: number): void {
    this.delays.push(delayMs);
    if (this.delays.length > 2 * compared) this.delays.shift();
  }

  /**
   * Rows that have been lost since the older half of the bursts; 0 if there are none. They are found once.
   * @param periodMs time between rows
   */
  take(periodMs: number): number {
    const { delays } = this;
    if (delays.length < 2 * compared) return 0;
    const older = delays.slice(0, compared);
    const before = median(older);
    const later = (median(delays.slice(compared)) - before) / periodMs;
    if (later < fewestPeriods) return 0;
    const [least, most] = [Math.min(...older), Math.max(...older)];
    if (later < fewestPeriods + (spreadShare * (most - least)) / periodMs) return 0;
    const half = compared / 2;
    if ((median(older.slice(half)) - median(older.slice(0, half))) / periodMs > slope) return 0;
    const lost = Math.round(later);
    for (const [i, delay] of delays.entries())
      if (delay > before + (lost * periodMs) / 2) delays[i] = delay - lost * periodMs;
    return lost;
  }
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

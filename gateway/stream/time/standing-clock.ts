/** Fewest readings with the same time that show a clock that stands: packets of one time are shorter. */
const fewest = 16;
/** Clocks that show no seconds stand for a minute, and all others for a second. */
const [tickMs, minuteMs] = [1000, 60_000];

/** Finds clocks that stand: readings in a row have the same time for longer than any clock takes to its next tick. */
export class StandingClock {
  private last: number | undefined;
  private same = 0;
  private isSaid = false;

  /** @param onFound receives, once, what was found, in words */
  constructor(private readonly onFound: (text: string) => void) {}

  /** Examines the time of a reading, in milliseconds. */
  observe(ms: number, periodMs: number): void {
    if (ms !== this.last) {
      this.last = ms;
      this.same = 1;
      return;
    }
    this.same++;
    const ticks = ms !== 0 && ms % minuteMs === 0 ? minuteMs : tickMs;
    if (this.isSaid || this.same < fewest || this.same * periodMs <= 2 * ticks) return;
    this.isSaid = true;
    this.onFound(
      `${this.same} readings in a row have the same time: lost readings cannot be seen, and equal ones count as repetitions`,
    );
  }
}

/** Readings in a row, each earlier than the one before, that show an order and no clock that was set. */
const enough = 8;

/** Finds streams whose newest readings come first: all but one of them are too late for a place. */
export class BackwardTimes {
  private lastMs = Number.NaN;
  private inRow = 0;

  /** @param onFound receives, each time that it begins, what was found, in words */
  constructor(private readonly onFound: (text: string) => void) {}

  /** Examines the time of a reading, in milliseconds. */
  observe(ms: number): void {
    this.inRow = ms < this.lastMs ? this.inRow + 1 : 0;
    this.lastMs = ms;
    if (this.inRow === enough)
      this.onFound(
        `times run backwards, ${enough} readings in a row: send the oldest reading first, because only a stream in the order of its times makes windows`,
      );
  }
}

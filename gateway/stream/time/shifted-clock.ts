/** Clocks that count from another day than 1970, by the time between the two. */
const clocks: readonly { readonly name: string; readonly afterMs: number }[] = [
  { name: 'GPS time (since 1980)', afterMs: Date.UTC(1980, 0, 6) },
  { name: 'times since 2001', afterMs: Date.UTC(2001, 0, 1) },
  { name: 'times since 2000', afterMs: Date.UTC(2000, 0, 1) },
];
/** Times may be this far from those of arrival: leap seconds (18 for GPS), and clocks that are not set to the second. */
const tolerance = 60_000;
/** Readings that have to agree. */
const enough = 8;

/**
 * Finds times that count from another day than 1970, by their distance from those of arrival. Windows are the same, but
 * their dates are wrong.
 */
export class ShiftedClock {
  private name: string | undefined;
  private agreeing = 0;

  /** @param onFound receives, once, what was found, in words */
  constructor(private readonly onFound: (text: string) => void) {}

  /** Compares the time of a reading with that of its arrival, both in milliseconds since 1970. */
  compare(ms: number, receivedMs: number): void {
    if (this.agreeing >= enough) return;
    const clock = clocks.find(({ afterMs }) => Math.abs(ms + afterMs - receivedMs) < tolerance);
    this.agreeing = clock !== undefined && clock.name === this.name ? this.agreeing + 1 : clock ? 1 : 0;
    this.name = clock?.name;
    if (!clock || this.agreeing < enough) return;
    const seconds = clock.afterMs / 1000;
    this.onFound(
      `times look like ${clock.name}: windows are right, and their dates are not; ${seconds > 0 ? 'add' : 'subtract'} ${Math.abs(seconds)} s before`,
    );
  }
}

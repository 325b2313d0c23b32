import { duration } from './duration';

/** Clocks that count from another day than 1970, by the time between the two. */
const clocks: readonly { readonly name: string; readonly afterMs: number }[] = [
  { name: 'GPS time (since 1980)', afterMs: Date.UTC(1980, 0, 6) },
  { name: 'times since 2001', afterMs: Date.UTC(2001, 0, 1) },
  { name: 'times since 2000', afterMs: Date.UTC(2000, 0, 1) },
];
/** Any clock that is ahead. */
const ahead = { name: 'ahead', afterMs: 0 };
/** Times may be this far from those of arrival: leap seconds (18 for GPS), and clocks that are not set to the second. */
const tolerance = 60_000;
/** Times that are later than those of arrival by more than this are no recording's, but of a wrong clock. */
const aheadMs = 86_400_000;
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
    const known = clocks.find(({ afterMs }) => Math.abs(ms + afterMs - receivedMs) < tolerance);
    const clock = known ?? (ms - receivedMs > aheadMs ? ahead : undefined);
    this.agreeing = clock !== undefined && clock.name === this.name ? this.agreeing + 1 : clock ? 1 : 0;
    this.name = clock?.name;
    if (!clock || this.agreeing < enough) return;
    this.onFound(
      known
        ? `times look like ${known.name}: windows are right, and their dates are not; add ${known.afterMs / 1000} s before`
        : `times are ${duration(ms - receivedMs)} ahead of their arrival: is the clock right, and does it count from 1970?`,
    );
  }
}

import type { Clock } from '../../gateway/platform';

/** A connection that ends sooner is a short one. */
const shortMs = 60_000;
/** Short connections in a row from which another user of the id is suspected. */
const suspicious = 3;

/**
 * Counts connections that end soon after they were made. A broker ends the older of two connections with one client id, so
 * two machines made from one image end each other's for ever, without a reason on either.
 */
export class DuplicateIdDetector {
  private sinceMs: number | undefined;
  private inRow = 0;

  constructor(private readonly clock: Clock) {}

  made(): void {
    this.sinceMs ??= this.clock.now();
  }

  /** @returns true once for each row of short connections */
  ended(): boolean {
    if (this.sinceMs === undefined) return false;
    const lastedMs = this.clock.now() - this.sinceMs;
    this.sinceMs = undefined;
    this.inRow = lastedMs < shortMs ? this.inRow + 1 : 0;
    return this.inRow === suspicious;
  }
}

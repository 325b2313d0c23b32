import type { Clock } from '../../gateway/platform';

/** A connection that ends sooner is a short one. */
const shortMs = 60_000;
/** So many of them in a row are no accident. */
const suspicious = 3;

/**
 * Counts connections that end soon after they were made. A broker ends the older of two with the same client id, so two
 * machines made from one image end each other's for ever, and neither hears why.
 */
export class DuplicateIdDetector {
  private sinceMs: number | undefined;
  private inRow = 0;

  constructor(private readonly clock: Clock) {}

  made(): void {
    this.sinceMs ??= this.clock.now();
  }

  /** @returns whether this is one too many: once for each row of short ones */
  ended(): boolean {
    if (this.sinceMs === undefined) return false;
    const lastedMs = this.clock.now() - this.sinceMs;
    this.sinceMs = undefined;
    this.inRow = lastedMs < shortMs ? this.inRow + 1 : 0;
    return this.inRow === suspicious;
  }
}

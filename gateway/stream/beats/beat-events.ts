import { RPeaks } from './r-peaks';

/** Seconds after which the next beat is not waited for: intervals are bounded there. */
const longestSeconds = 3;

/** A beat whose neighbours are known. */
export interface BeatEvent {
  /** Number of its row in the run. */
  readonly row: number;
  /** Milliseconds from the beat before, and to the next. */
  readonly beforeMs: number;
  readonly afterMs: number;
}

/**
 * Beats of a stream in their order, each as soon as the beat after it is known: found in a channel, or marked by the
 * messages. The first beat of a run has no interval before it and is left out.
 */
export class BeatEvents {
  private readonly finder: RPeaks | undefined;
  private readonly longest: number;
  private readonly latest: number;
  private readonly rowMs: number;
  private rows = 0;
  /** The newest beat. */
  private newest = -1;
  /** Rows from the beat before the newest; -1 if the newest is the first. */
  private before = -1;
  /** True if the newest was given because no other came for long. */
  private isGiven = false;

  /** @throws FtteError `config-invalid` if beats are to be found and the rate is too low */
  constructor(source: 'found' | 'marked', rateHz: number) {
    this.finder = source === 'found' ? new RPeaks(rateHz) : undefined;
    this.latest = this.finder?.latest ?? 0;
    this.longest = Math.ceil(longestSeconds * rateHz);
    this.rowMs = 1000 / rateHz;
  }

  /** Most rows from a beat to the one with which it is given. */
  get patience(): number {
    return this.longest + this.latest + 1;
  }

  /** Takes the next row of the run. @returns a beat whose neighbours it shows */
  row(value: number, isMarked: boolean): BeatEvent | undefined {
    const row = this.rows++;
    const found = this.finder ? this.finder.push(value) : isMarked ? row : -1;
    if (found >= 0) return this.next(found);
    if (this.newest < 0 || this.isGiven || row - this.newest < this.longest + this.latest) return undefined;
    this.isGiven = true;
    return this.event(this.longest);
  }

  /** Begins another run of rows. */
  reset(): void {
    this.finder?.reset();
    this.rows = 0;
    this.newest = -1;
    this.before = -1;
    this.isGiven = false;
  }

  private next(row: number): BeatEvent | undefined {
    const interval = Math.min(row - this.newest, this.longest);
    const event = this.newest < 0 || this.isGiven ? undefined : this.event(interval);
    this.before = this.newest < 0 ? -1 : interval;
    this.newest = row;
    this.isGiven = false;
    return event;
  }

  private event(after: number): BeatEvent | undefined {
    if (this.before < 0) return undefined;
    return { row: this.newest, beforeMs: this.before * this.rowMs, afterMs: after * this.rowMs };
  }
}

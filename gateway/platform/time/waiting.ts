import type { Clock } from './clock';

/** Something that a role waits for, and since when. */
export interface Waiting<Need extends string> {
  readonly for: Need;
  /** Time of the clock that the role was given, ms. */
  readonly sinceMs: number;
}

/** Remembers since when a role has waited for the same thing. */
export class WaitingRecord<Need extends string> {
  private current: Waiting<Need> | undefined;

  constructor(private readonly clock: Clock) {}

  /**
   * @param need undefined if nothing is waited for
   * @param sinceMs when the wait began, if it began before this call
   */
  update(need: Need | undefined, sinceMs = this.clock.now()): Waiting<Need> | undefined {
    if (need === undefined) this.current = undefined;
    else if (this.current?.for !== need) this.current = { for: need, sinceMs };
    return this.current;
  }
}

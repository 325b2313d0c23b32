/**
 * Counters for the updates of a gateway (P-28). They go up: above all that the outbox holds, and above all that the
 * coordinator has counted, which it says when it lets the gateway in. So nothing else has to be kept.
 */
export class UpdateCounter {
  private next = 0;

  /** @param floor the lowest counter by the coordinator; undefined: it has not said, or updates have no counters */
  constructor(private readonly floor: () => number | undefined) {}

  /** An update that waits has this counter. */
  note(counter: number): void {
    this.next = Math.max(this.next, counter + 1);
  }

  /** The counter of another update; undefined if none can be given now. */
  take(): number | undefined {
    const floor = this.floor();
    if (floor === undefined) return undefined;
    const counter = Math.max(this.next, floor);
    this.next = counter + 1;
    return counter;
  }
}

/** An update that was sent and is not acknowledged. */
interface Attempt {
  /** The time at which it was sent; undefined if it is to be sent again. */
  sentMs: number | undefined;
  /** Number of times that it was sent. */
  tries: number;
}

/**
 * The updates in flight: they were sent, and wait for their acknowledgement. The wait of each one doubles whenever it is
 * sent again.
 */
export class InFlight {
  private readonly attempts = new Map<string, Attempt>();

  /** @param waits the first and the longest wait for an acknowledgement, in ms */
  constructor(private readonly waits: { readonly firstMs: number; readonly longestMs: number }) {}

  get size(): number {
    let size = 0;
    for (const { sentMs } of this.attempts.values()) if (sentMs !== undefined) size++;
    return size;
  }

  has(id: string): boolean {
    return this.attempts.get(id)?.sentMs !== undefined;
  }

  /** Number of times that the update was sent. */
  tries(id: string): number {
    return this.attempts.get(id)?.tries ?? 0;
  }

  sent(id: string, nowMs: number): void {
    this.attempts.set(id, { sentMs: nowMs, tries: (this.attempts.get(id)?.tries ?? 0) + 1 });
  }

  /** Marks the update as one that is to be sent again. */
  release(id: string): void {
    const attempt = this.attempts.get(id);
    if (attempt) attempt.sentMs = undefined;
  }

  releaseAll(): void {
    for (const id of this.attempts.keys()) this.release(id);
  }

  /** Releases the updates whose wait is over. */
  releaseOverdue(nowMs: number): void {
    const { firstMs, longestMs } = this.waits;
    for (const [id, { sentMs, tries }] of this.attempts) {
      const waitMs = Math.min(longestMs, firstMs * 2 ** (tries - 1));
      // Timers vary by a quarter.
      if (sentMs !== undefined && nowMs - sentMs >= waitMs / 2) this.release(id);
    }
  }

  /** The update that was sent least often; the oldest of several. */
  get leastTried(): string | undefined {
    let least: [string, Attempt] | undefined;
    for (const entry of this.attempts) if (!least || entry[1].tries < least[1].tries) least = entry;
    return least?.[0];
  }

  /** The update is acknowledged or was dropped. */
  remove(id: string): void {
    this.attempts.delete(id);
  }

  /** Removes the updates that `isWaiting` does not know. */
  prune(isWaiting: (id: string) => boolean): void {
    for (const id of this.attempts.keys()) if (!isWaiting(id)) this.attempts.delete(id);
  }
}

/**
 * One object for many users: it is made and started at the first use, and stopped after the last release. The next one
 * starts after the one before has stopped.
 */
export class RefCounted<T extends Startable> {
  private current: { item: T; users: number } | undefined;
  private stopped: Promise<void> = Promise.resolve();

  /** @param onError called with the errors of `start` and `stop`; users get the object nevertheless */
  constructor(
    private readonly make: () => T,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** The object while it has users. */
  get item(): T | undefined {
    return this.current?.item;
  }

  acquire(): { item: T; release: () => Promise<void> } {
    this.current ??= this.begin();
    const held = this.current;
    held.users++;
    let released: Promise<void> | undefined;
    const release = () => {
      released ??= this.release(held);
      return released;
    };
    return { item: held.item, release };
  }

  private begin() {
    const item = this.make();
    const held = { item, users: 0 };
    void this.stopped
      .then(async () => {
        if (this.current === held) await item.start();
      })
      .catch((error) => {
        // A start that fails because of the stop is not reported.
        if (this.current === held) this.onError(error);
      });
    return held;
  }

  private async release(held: NonNullable<typeof this.current>): Promise<void> {
    held.users--;
    if (held.users > 0) return;
    if (this.current === held) this.current = undefined;
    // The stop does not wait for the start, which may wait for a broker that is away.
    this.stopped = this.stopped.then(() => held.item.stop()).catch(this.onError);
    await this.stopped;
  }
}

/** Something with a start and a stop; `stop` may be called before `start` has resolved. */
export interface Startable {
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Something with a start and a stop. */
export interface Startable {
  start(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * One object for many users: made and started at the first use, stopped after the last release. A new one starts
 * only after the one before has stopped.
 */
export class Shared<T extends Startable> {
  private current: { item: T; users: number; started: Promise<void> } | undefined;
  private stopped: Promise<void> = Promise.resolve();

  /** @param onError hears what `start` or `stop` failed with; users get the object all the same */
  constructor(
    private readonly make: () => T,
    private readonly onError: (error: unknown) => void,
  ) {}

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
    const started = this.stopped.then(() => item.start()).catch(this.onError);
    return { item, users: 0, started };
  }

  private async release(held: NonNullable<typeof this.current>): Promise<void> {
    held.users--;
    if (held.users > 0) return;
    if (this.current === held) this.current = undefined;
    this.stopped = held.started.then(() => held.item.stop()).catch(this.onError);
    await this.stopped;
  }
}

import { setImmediate as nextTurn } from 'node:timers/promises';
import { VirtualClock } from '../../platform';

/**
 * Turns a virtual clock, one event at a time, and lets everything that an event set off come to rest before the next:
 * promises, and work that was put on hold (training in threads, say). So what happens depends on virtual time only.
 */
export class VirtualLoop {
  readonly clock = new VirtualClock();
  private held: Promise<unknown>[] = [];
  private failure: { readonly error: unknown } | undefined;

  /** Keeps the clock from moving until `work` is settled. What it rejects with ends the loop. */
  readonly hold = (work: Promise<unknown>): void => {
    this.held.push(
      work.catch((error) => {
        this.failure ??= { error };
      }),
    );
  };

  /**
   * Runs until `isDone` says so.
   * @returns false where nothing is left to happen
   * @throws whatever held work rejected with
   */
  async run(isDone: () => boolean): Promise<boolean> {
    for (;;) {
      await this.rest();
      if (isDone()) return true;
      if (!this.clock.step()) return false;
    }
  }

  /** Lets everything come to rest without moving the clock. */
  async rest(): Promise<void> {
    do {
      await Promise.all(this.held.splice(0));
      await nextTurn();
    } while (this.held.length > 0);
    if (this.failure) throw this.failure.error;
  }
}

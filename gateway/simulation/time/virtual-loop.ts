import { setImmediate as nextMacrotask } from 'node:timers/promises';
import { VirtualClock } from '../../platform';

/**
 * Runs a virtual clock, one event at a time. Before the next event it waits for everything that the event started:
 * promises, and held work such as training in threads. So results depend on virtual time only.
 */
export class VirtualLoop {
  readonly clock = new VirtualClock();
  private held: Promise<unknown>[] = [];
  private failure: { readonly error: unknown } | undefined;

  /** Stops the clock until `work` is settled. If it rejects, the loop ends with its error. */
  readonly hold = (work: Promise<unknown>): void => {
    this.held.push(
      work.catch((error) => {
        this.failure ??= { error };
      }),
    );
  };

  /**
   * Runs until `isDone` returns true.
   * @returns false if no event is left
   * @throws the error that held work rejected with
   */
  async run(isDone: () => boolean): Promise<boolean> {
    for (;;) {
      await this.settle();
      if (isDone()) return true;
      if (!this.clock.step()) return false;
    }
  }

  /** Waits for promises and held work without moving the clock. */
  async settle(): Promise<void> {
    do {
      await Promise.all(this.held.splice(0));
      await nextMacrotask();
    } while (this.held.length > 0);
    if (this.failure) throw this.failure.error;
  }
}

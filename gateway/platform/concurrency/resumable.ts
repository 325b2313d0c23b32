/**
 * A long calculation that pauses every few milliseconds, so that whoever runs it can let an event loop go on meanwhile.
 * What it gives does not depend on who runs it.
 */
export type Resumable<T> = Generator<void, T, void>;

/** Resolves when the event loop has gone on. */
export type YieldToEventLoop = () => Promise<void>;

/** Lets everything happen that is due: timers, messages, connections. */
export const yieldToEventLoop: YieldToEventLoop = () => new Promise((resolve) => setImmediate(resolve));

/** Runs it without a pause. */
export function runSync<T>(steps: Resumable<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** Runs a step in each turn of the event loop. */
export async function runAsync<T>(steps: Resumable<T>, turn: YieldToEventLoop): Promise<T> {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    await turn();
  }
}

/** Numbers that a step may work on: some tenths of a millisecond on a PC, a few milliseconds on a Raspberry Pi. */
export const stepNumbers = 32_768;

/** Counts the numbers that were worked on, and says when a pause is due. */
export class YieldBudget {
  private sincePause = 0;

  /** @returns true where a step is done: pause now */
  after(numbers: number): boolean {
    this.sincePause += numbers;
    if (this.sincePause < stepNumbers) return false;
    this.sincePause = 0;
    return true;
  }
}

/**
 * A long calculation that pauses every few milliseconds, so that its caller can yield to the event loop. The result
 * does not depend on what the caller does in a pause.
 */
export type Resumable<T> = Generator<void, T, void>;

/** Resolves when the event loop is not behind: it has made a turn, now or a moment ago. */
export type YieldToEventLoop = () => Promise<void>;

/** Milliseconds after a turn in which no other is needed: a turn takes longer than some steps. */
const graceMs = 1;

/** @param now milliseconds of a steady clock */
export function createYield(now: () => number): YieldToEventLoop {
  let lastTurn = Number.NEGATIVE_INFINITY;
  return async () => {
    if (now() - lastTurn < graceMs) return;
    await new Promise((resolve) => setImmediate(resolve));
    lastTurn = now();
  };
}

/** Lets the event loop handle everything that is due: timers, messages, connections. */
export const yieldToEventLoop: YieldToEventLoop = createYield(() => performance.now());

/** Runs a calculation without a pause. */
export function runSync<T>(steps: Resumable<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** Runs one step of a calculation in each turn of the event loop. */
export async function runAsync<T>(steps: Resumable<T>, turn: YieldToEventLoop): Promise<T> {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    await turn();
  }
}

/**
 * Numbers that one step may process. They take some tenths of a millisecond on a PC and a few milliseconds on a
 * Raspberry Pi.
 */
export const stepNumbers = 32_768;

/** Counts the numbers that were processed, and says when a pause is due. */
export class YieldBudget {
  private sincePause = 0;

  /** @returns true if the step has processed its numbers and a pause is due */
  after(numbers: number): boolean {
    this.sincePause += numbers;
    if (this.sincePause < stepNumbers) return false;
    this.sincePause = 0;
    return true;
  }
}

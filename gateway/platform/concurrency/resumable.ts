/**
 * A long calculation that pauses every few milliseconds, so that whoever runs it can let an event loop go on meanwhile.
 * What it gives does not depend on who runs it.
 */
export type Steps<T> = Generator<void, T, void>;

/** Resolves when the event loop has gone on. */
export type Turn = () => Promise<void>;

/** Lets everything happen that is due: timers, messages, connections. */
export const nextTurn: Turn = () => new Promise((resolve) => setImmediate(resolve));

/** Runs it without a pause. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** Runs a step in each turn of the event loop. */
export async function inTurns<T>(steps: Steps<T>, turn: Turn): Promise<T> {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    await turn();
  }
}

/** Numbers that a step may work on: some tenths of a millisecond on a PC, a few milliseconds on a Raspberry Pi. */
export const stepNumbers = 32_768;

/** Counts the numbers that were worked on, and says when a pause is due. */
export class Pace {
  private sincePause = 0;

  /** @returns true where a step is done: pause now */
  after(numbers: number): boolean {
    this.sincePause += numbers;
    if (this.sincePause < stepNumbers) return false;
    this.sincePause = 0;
    return true;
  }
}

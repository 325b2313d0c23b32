import { EventQueue } from './event-queue';

/** A pending timer. Cancelling it twice, or after it has fired, does nothing. */
export interface Timer {
  cancel(): void;
}

/** Options of a timer. */
export interface TimerOptions {
  /**
   * True: the process stays alive until the timer fires or is cancelled. It is for work that a role has to do later
   * (connect again, claim, send again): without it, a process whose broker is away would end. Default false.
   */
  readonly holdsProcess?: boolean;
}

/** The time, in milliseconds. The clock is handed in, so that tests and the simulator can set the time. */
export interface Clock {
  /** Milliseconds since the epoch (wall time, or virtual time in a simulation). */
  now(): number;
  /** Calls `action` once, `delayMs` from now. */
  after(delayMs: number, action: () => void, options?: TimerOptions): Timer;
}

/** A longer timeout of Node.js fires after 1 ms. */
const longestTimeoutMs = 2 ** 31 - 1;

/**
 * The machine's own clock, from the start of the process. It runs steadily even if the wall clock is changed (a
 * Raspberry Pi receives the time late), because a wait of a given length must not change with the wall clock.
 */
export const systemClock: Clock = {
  now: () => Math.floor(performance.timeOrigin + performance.now()),
  after(delayMs, action, { holdsProcess = false } = {}) {
    let handle: NodeJS.Timeout;
    const wait = (restMs: number) => {
      const due = restMs <= longestTimeoutMs ? action : () => wait(restMs - longestTimeoutMs);
      handle = setTimeout(due, Math.min(restMs, longestTimeoutMs));
      if (!holdsProcess) handle.unref();
    };
    wait(delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
};

/**
 * A clock that moves only when its owner moves it. Timers that are due at the same time fire in the order in which they
 * were set.
 */
export class VirtualClock implements Clock {
  private time: number;
  private readonly queue = new EventQueue<() => void>();

  constructor(startMs = 0) {
    this.time = startMs;
  }

  now(): number {
    return this.time;
  }

  after(delayMs: number, action: () => void): Timer {
    const event = this.queue.push(this.time + Math.max(0, delayMs), action);
    return { cancel: () => void this.queue.remove(event) };
  }

  /** The time of the next timer. Undefined if none is set. */
  get nextDue(): number | undefined {
    return this.queue.first?.due;
  }

  /** Moves to the next timer and fires it. @returns false if no timer is set */
  step(): boolean {
    const event = this.queue.shift();
    if (!event) return false;
    this.time = event.due;
    event.value();
    return true;
  }

  /** Moves time forward by `ms`, and fires the timers that are due in between. */
  advance(ms: number): void {
    const until = this.time + ms;
    for (let next = this.nextDue; next !== undefined && next <= until; next = this.nextDue) this.step();
    this.time = until;
  }
}

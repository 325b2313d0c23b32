import { EventQueue } from './event-queue';

/** A pending timer; cancelling it twice, or after it fired, does nothing. */
export interface Timer {
  cancel(): void;
}

/** Options of a timer. */
export interface TimerOptions {
  /**
   * True: the process stays alive until the timer fires or is cancelled. For what a role has to do later (connect again,
   * claim, send again): without it a process whose broker is away would end. Default false.
   */
  readonly holdsProcess?: boolean;
}

/** Time as the rooms see it: handed in, so that tests and the simulator can turn the hands. Milliseconds. */
export interface Clock {
  /** Milliseconds since the epoch (wall time, or virtual time in a simulation). */
  now(): number;
  /** Calls `action` once, `delayMs` from now. */
  after(delayMs: number, action: () => void, options?: TimerOptions): Timer;
}

/**
 * The machine's own clock, from when the process started. It goes on steadily where the wall clock is set back or
 * forth (a Raspberry Pi that hears of the time late): what waits for so long must not wait for an hour that came twice.
 */
export const systemClock: Clock = {
  now: () => Math.floor(performance.timeOrigin + performance.now()),
  after(delayMs, action, { holdsProcess = false } = {}) {
    const handle = setTimeout(action, delayMs);
    if (!holdsProcess) handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
};

/** A clock that moves only when told to. Timers due at the same time fire in the order they were set. */
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

  /** When the next timer falls due; undefined where none is set. */
  get nextDue(): number | undefined {
    return this.queue.first?.due;
  }

  /** Moves to the next timer and fires it. @returns false where none is set */
  step(): boolean {
    const event = this.queue.shift();
    if (!event) return false;
    this.time = event.due;
    event.value();
    return true;
  }

  /** Moves time forward by `ms`, firing what falls due on the way. */
  advance(ms: number): void {
    const until = this.time + ms;
    for (let next = this.nextDue; next !== undefined && next <= until; next = this.nextDue) this.step();
    this.time = until;
  }
}

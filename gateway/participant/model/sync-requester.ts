import type { Clock, Random, Timer } from '../../platform';

export interface SyncRequesterOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Whether there still is a reason to ask. */
  readonly isBehind: () => boolean;
  readonly request: () => Promise<void>;
  readonly onFailure: (error: unknown) => void;
}

/** A patch that is merely late gets this long before a snapshot is asked for; the same again, at random, spreads a fleet. */
const graceMs = 250;
const firstRetryMs = 5_000;
const lastRetryMs = 120_000;

/** Decides when to ask the coordinator for the model: once, late enough, and again with growing pauses. */
export class SyncRequester {
  private timer: Timer | undefined;
  private attempts = 0;
  private stopped = false;

  constructor(private readonly options: SyncRequesterOptions) {}

  /** There is a reason to ask. Does nothing while a request is already due. */
  ask(): void {
    if (!this.timer && !this.stopped) this.schedule(graceMs * (1 + this.options.random.uniform()));
  }

  /** Whoever answers may be back: a request that waits for a later attempt goes out soon. */
  wake(): void {
    this.timer?.cancel();
    this.timer = undefined;
    this.attempts = 0;
    if (this.options.isBehind()) this.ask();
  }

  /** The newest version is held. */
  satisfied(): void {
    this.timer?.cancel();
    this.timer = undefined;
    this.attempts = 0;
  }

  stop(): void {
    this.stopped = true;
    this.satisfied();
  }

  private schedule(delayMs: number): void {
    this.timer = this.options.clock.after(delayMs, () => {
      this.timer = undefined;
      if (!this.options.isBehind()) return;
      const pause = Math.min(lastRetryMs, firstRetryMs * 2 ** this.attempts++);
      this.schedule(pause * (0.75 + this.options.random.uniform() / 2));
      this.options.request().catch((error) => {
        if (!this.stopped) this.options.onFailure(error);
      });
    });
  }
}

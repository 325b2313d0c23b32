import { Backoff, type Clock, type Random, type Timer } from '../../platform';

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
const retry = { minMs: 5_000, maxMs: 120_000 };

/** Decides when to ask the coordinator for the model: once, late enough, and again with growing pauses. */
export class SyncRequester {
  private timer: Timer | undefined;
  private readonly backoff: Backoff;
  private stopped = false;

  constructor(private readonly options: SyncRequesterOptions) {
    this.backoff = new Backoff(retry, options.random);
  }

  /** There is a reason to ask. Does nothing while a request is already due. */
  ask(): void {
    if (!this.timer && !this.stopped) this.schedule(graceMs * (1 + this.options.random.uniform()));
  }

  /** Whoever answers may be back: a request that waits for a later attempt goes out soon. */
  wake(): void {
    this.satisfied();
    if (this.options.isBehind()) this.ask();
  }

  /** The newest version is held. */
  satisfied(): void {
    this.timer?.cancel();
    this.timer = undefined;
    this.backoff.reset();
  }

  stop(): void {
    this.stopped = true;
    this.satisfied();
  }

  private schedule(delayMs: number): void {
    this.timer = this.options.clock.after(
      delayMs,
      () => {
        this.timer = undefined;
        if (!this.options.isBehind()) return;
        this.schedule(this.backoff.next());
        this.options.request().catch((error) => {
          if (!this.stopped) this.options.onFailure(error);
        });
      },
      { holdsProcess: true },
    );
  }
}

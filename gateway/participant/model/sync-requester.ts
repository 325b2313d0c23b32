import { Backoff, type Clock, type Random, type Timer } from '../../platform';

export interface SyncRequesterOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Whether there is still a reason for a request. */
  readonly isBehind: () => boolean;
  /** The wait until the next request, in ms, while each one requests something else; undefined: it grows. */
  readonly patienceMs: () => number | undefined;
  readonly request: () => Promise<void>;
  readonly onFailure: (error: unknown) => void;
}

/**
 * The time that a late patch gets before a snapshot is requested. The same time again, at random, spreads the requests
 * of a fleet.
 */
const graceMs = 250;
const retry = { minMs: 5_000, maxMs: 120_000 };

/** Decides when to request the model from the coordinator: once, after a delay, and again after growing waits. */
export class SyncRequester {
  private timer: Timer | undefined;
  private readonly backoff: Backoff;
  private stopped = false;

  constructor(private readonly options: SyncRequesterOptions) {
    this.backoff = new Backoff(retry, options.random);
  }

  /** Asks for a request. It has no effect while one is already due. */
  ask(): void {
    if (!this.timer && !this.stopped) this.schedule(graceMs * (1 + this.options.random.uniform()));
  }

  /** The coordinator may be back: a request that waits for a later attempt is sent soon. */
  wake(): void {
    this.satisfied();
    if (this.options.isBehind()) this.ask();
  }

  /** The newest version is held, so no request is needed. */
  satisfied(): void {
    this.timer?.cancel();
    this.timer = undefined;
    this.backoff.reset();
  }

  stop(): void {
    this.stopped = true;
    this.satisfied();
  }

  private nextWaitMs(): number {
    const { patienceMs, random } = this.options;
    const waitMs = patienceMs();
    return waitMs === undefined ? this.backoff.next() : waitMs * (0.75 + random.uniform() / 2);
  }

  private schedule(delayMs: number): void {
    this.timer = this.options.clock.after(
      delayMs,
      () => {
        this.timer = undefined;
        if (!this.options.isBehind()) return;
        this.schedule(this.nextWaitMs());
        this.options.request().catch((error) => {
          if (!this.stopped) this.options.onFailure(error);
        });
      },
      { holdsProcess: true },
    );
  }
}

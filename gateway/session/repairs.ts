import type { Clock, Timer } from '../platform';

/** Options of `Repairs`. */
export interface RepairsOptions<What> {
  readonly clock: Clock;
  /** Sends the message again. */
  readonly repair: (what: What) => void;
}

/** The waits between two repairs of one message. */
const firstMs = 1_000;
const longestMs = 60_000;
/** Time without trouble after which the next repair is made at once again. */
const quietMs = 300_000;

interface Episode {
  waitMs: number;
  lastMs: number;
  timer: Timer | undefined;
}

/**
 * Repairs retained messages that were cleared or overwritten: at once the first time, then after growing waits, so that two
 * clients that both repair do not answer each other without end. However often a message is overwritten meanwhile, one
 * repair follows.
 */
export class Repairs<What> {
  private readonly episodes = new Map<What, Episode>();

  constructor(private readonly options: RepairsOptions<What>) {}

  /** A repair is needed. @returns whether it is the first one after a quiet time */
  need(what: What): boolean {
    const { clock, repair } = this.options;
    const now = clock.now();
    const known = this.episodes.get(what);
    if (!known || (!known.timer && now - known.lastMs >= quietMs)) {
      this.episodes.set(what, { waitMs: firstMs, lastMs: now, timer: undefined });
      repair(what);
      return true;
    }
    known.timer ??= clock.after(Math.max(0, known.lastMs + known.waitMs - now), () => {
      known.timer = undefined;
      known.lastMs = clock.now();
      known.waitMs = Math.min(longestMs, 2 * known.waitMs);
      repair(what);
    });
    return false;
  }

  stop(): void {
    for (const { timer } of this.episodes.values()) timer?.cancel();
    this.episodes.clear();
  }
}

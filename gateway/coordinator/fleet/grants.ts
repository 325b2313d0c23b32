import { type Clock, type Random, RandomSet, type Timer } from '../../platform';

/** What a gateway says of itself when it asks for a round. */
export interface RoundRequest {
  /** It has the newest version, or will have it by itself. */
  readonly follows: boolean;
  /** Id of the anchor that it holds. */
  readonly anchor: string;
}

export interface GrantsOptions {
  readonly timeoutMs: number;
  /** A cohort a version (a synchronous rule): nobody is in one twice, and the next waits for the next version. */
  readonly cohorts: boolean;
  readonly clock: Clock;
  readonly random: Random;
  /** Rounds that may run now; of cohorts, gateways in one. */
  readonly concurrency: () => number;
  readonly isOnline: (gateway: string) => boolean;
  /** Whether a round may begin now: not while a version is being made, it would begin with the one before. */
  readonly open: () => boolean;
  /** Tells the gateway to begin. */
  readonly send: (gateway: string, id: string, request: RoundRequest) => void;
  /** Numbers in `state` have changed. */
  readonly onChange: () => void;
  /** Gateways whose `ready` is remembered at most. */
  readonly limit: number;
}

interface Run {
  readonly timer: Timer;
  /** Its update is here, and is about to be judged. */
  arrived: boolean;
}

/**
 * Grants local rounds: at most so many run at a time, and who is next is drawn uniformly from those that are online and
 * said they are ready. A fast gateway that is back at once has no better chance than a slow one, which is what keeps
 * the fast from making the model alone; it also bounds how old contributions get, to about concurrency / buffer size
 * (Nguyen 2022, arXiv 2106.06639, section 3: maximum concurrency). For a synchronous rule a version's grants are the
 * round's cohort (McMahan 2017, arXiv 1602.05629; Bonawitz 2019, arXiv 1902.01046).
 *
 * What is granted is a place, not a right: an update is judged by what it is, whether its round was granted or not.
 */
export class Grants {
  /** Said that they are ready, and what of themselves. */
  private readonly requested = new Map<string, RoundRequest>();
  /** Those of `said` that can be drawn. */
  private readonly waiting = new RandomSet<string>();
  private readonly running = new Map<string, Run>();
  /** Of the present version's cohort: running, or done. */
  private readonly cohort = new Set<string>();
  private active = false;
  private filling: Timer | undefined;

  constructor(private readonly options: GrantsOptions) {}

  get state(): { readonly running: number; readonly waiting: number } {
    return { running: this.running.size, waiting: this.waiting.size };
  }

  start(): void {
    this.active = true;
    this.fillSoon();
  }

  stop(): void {
    this.active = false;
    this.filling?.cancel();
    this.filling = undefined;
    for (const { timer } of this.running.values()) timer.cancel();
    this.running.clear();
    this.cohort.clear();
  }

  /** The gateway runs no round and wants one. A round that was granted to it has come to nothing. */
  ready(gateway: string, request: RoundRequest): void {
    if (this.requested.size >= this.options.limit && !this.requested.has(gateway) && !this.makeRoom()) return;
    // Of a round whose update is being judged something has come: it has its next turn after that. Once.
    const judging = this.running.get(gateway)?.arrived && !this.requested.has(gateway);
    this.requested.set(gateway, request);
    if (judging) return;
    this.giveUp(gateway);
    if (this.options.isOnline(gateway)) this.waiting.add(gateway);
    this.fillSoon();
  }

  /** An update of the gateway came; `heard` tells when it was judged. */
  arrived(gateway: string): void {
    const run = this.running.get(gateway);
    if (run) run.arrived = true;
  }

  /** The gateway is there; it may have said before that it is ready. */
  joined(gateway: string): void {
    if (this.requested.has(gateway) && !this.running.has(gateway)) this.waiting.add(gateway);
    // A larger fleet has more places.
    this.fillSoon();
  }

  /** It has gone, or takes its `ready` back: its place is free until it says again that it is ready. */
  removed(gateway: string): void {
    this.requested.delete(gateway);
    this.waiting.remove(gateway);
    this.giveUp(gateway);
    this.fillSoon();
  }

  /** An update of the gateway was judged: its round is over. @param refused it counts for nothing: another takes its place */
  settled(gateway: string, refused = false): void {
    if (refused) this.giveUp(gateway);
    else this.end(gateway);
    this.fillSoon();
  }

  /** There is a new version, or versions are made again. */
  proceed(isNew: boolean): void {
    if (isNew) this.cohort.clear();
    this.fillSoon();
  }

  /** Once what happens at this time has happened: of those who speak at once, each has the same chance. */
  private fillSoon(): void {
    this.options.onChange();
    if (!this.active) return;
    this.filling ??= this.options.clock.after(0, () => {
      this.filling = undefined;
      this.fill();
    });
  }

  private fill(): void {
    const { random, concurrency, cohorts, open } = this.options;
    if (!open()) return;
    const places = concurrency();
    const before = this.running.size;
    const passedOver: string[] = [];
    while ((cohorts ? this.cohort : this.running).size < places) {
      const gateway = this.waiting.draw(random);
      if (gateway === undefined) break;
      const request = this.requested.get(gateway);
      if (this.cohort.has(gateway)) passedOver.push(gateway);
      else if (request) this.grant(gateway, request);
    }
    for (const gateway of passedOver) this.waiting.add(gateway);
    if (this.running.size !== before) this.options.onChange();
  }

  private grant(gateway: string, request: RoundRequest): void {
    const { clock, random, timeoutMs, cohorts, send } = this.options;
    this.requested.delete(gateway);
    const timer = clock.after(timeoutMs, () => {
      this.giveUp(gateway);
      this.fillSoon();
    });
    this.running.set(gateway, { timer, arrived: false });
    if (cohorts) this.cohort.add(gateway);
    send(gateway, random.hex(8), request);
  }

  /** Forgets one that is not there: names that nobody has must not keep out those who are. */
  private makeRoom(): boolean {
    for (const gateway of this.requested.keys()) {
      if (!this.options.isOnline(gateway)) return this.requested.delete(gateway);
    }
    return false;
  }

  /** Nothing comes of its round: another takes its place, in the cohort, too. */
  private giveUp(gateway: string): void {
    if (this.end(gateway)) this.cohort.delete(gateway);
  }

  private end(gateway: string): boolean {
    this.running.get(gateway)?.timer.cancel();
    if (this.requested.has(gateway) && this.options.isOnline(gateway)) this.waiting.add(gateway);
    return this.running.delete(gateway);
  }
}

import { type Clock, type Random, RandomSet, type Timer } from '../../platform';

/** Options of `Grants`. */
export interface GrantsOptions {
  readonly timeoutMs: number;
  /** One cohort per version (a synchronous rule): no gateway is in it twice, and the next one waits for the next version. */
  readonly cohorts: boolean;
  readonly clock: Clock;
  readonly random: Random;
  /** Rounds that may run now; of cohorts, gateways in one. */
  readonly concurrency: () => number;
  readonly isOnline: (gateway: string) => boolean;
  /** Whether a round may begin now. While a version is being made, a round would begin with the previous one. */
  readonly open: () => boolean;
  /** Whether a gateway may train now; asked again when versions have been made. Absent: each one may. */
  readonly mayBegin?: ((gateway: string) => boolean) | undefined;
  /** Sends the grant. */
  readonly send: (gateway: string, id: string, request: RoundRequest) => void;
  /** The numbers in `state` may have changed. */
  readonly onChange: () => void;
  /** Called when several grants in a row brought neither an update nor an answer of a gateway that is online. */
  readonly onFruitless: (gateway: string, count: number) => void;
  /** Gateways whose request is remembered at most. */
  readonly limit: number;
}

/** A gateway's request for a round: a `ready` message. */
export interface RoundRequest {
  /** It has the newest version, or gets it from the patches. */
  readonly follows: boolean;
  /** Id of the anchor that it holds. */
  readonly anchor: string;
}

/** Grants in a row without an effect that are reported. */
const mostFruitless = 3;

/**
 * Grants local rounds: a limited number runs at a time, and the next gateway is drawn uniformly from those that are
 * online and have requested one. A fast gateway that requests the next round at once has no better chance than a slow
 * one, so fast gateways do not determine the model alone. It also bounds the age of contributions, to about concurrency
 * / buffer size (Nguyen 2022, arXiv 2106.06639, section 3: maximum concurrency). For a synchronous rule the grants of a
 * version are the round's cohort (McMahan 2017, arXiv 1602.05629; Bonawitz 2019, arXiv 1902.01046).
 *
 * A grant limits who trains, not which updates count: an update is judged the same whether its round was granted or not.
 */
export class Grants {
  /** Requests that are not granted yet, by gateway. */
  private readonly requested = new Map<string, RoundRequest>();
  /** Gateways in `requested` that are not online (so far). */
  private readonly absent = new Set<string>();
  /** Gateways in `requested` that can be drawn. */
  private readonly waiting = new RandomSet<string>();
  private readonly running = new Map<string, GrantedRound>();
  /** Grants in a row of which nothing came, by gateway. */
  private readonly fruitless = new Map<string, number>();
  /** Gateways of the present version's cohort, at work or done. */
  private readonly cohort = new Set<string>();
  private active = false;
  private draw: Timer | undefined;

  constructor(private readonly options: GrantsOptions) {}

  get state(): { readonly running: number; readonly waiting: number } {
    return { running: this.running.size, waiting: this.waiting.size };
  }

  /** Whether a round of the gateway is granted and not over. */
  isRunning(gateway: string): boolean {
    return this.running.has(gateway);
  }

  start(): void {
    this.active = true;
    this.fillSoon();
  }

  stop(): void {
    this.active = false;
    this.draw?.cancel();
    this.draw = undefined;
    for (const { timer } of this.running.values()) timer.cancel();
    this.running.clear();
    this.cohort.clear();
  }

  /** The gateway runs no round and requests one. A round that was granted to it has failed. */
  ready(gateway: string, request: RoundRequest): void {
    if (this.requested.size >= this.options.limit && !this.requested.has(gateway) && !this.makeRoom()) return;
    // A round whose update is being judged has not failed: the next one waits for the verdict. Once.
    const run = this.running.get(gateway);
    const judging = run?.arrived && !this.requested.has(gateway);
    this.requested.set(gateway, request);
    if (judging) return;
    if (run && !run.arrived) this.countFruitless(gateway);
    this.giveUp(gateway);
    if (this.options.isOnline(gateway)) this.waiting.add(gateway);
    else this.absent.add(gateway);
    this.fillSoon();
  }

  /** An update of the gateway arrived; `settled` follows when it was judged. */
  arrived(gateway: string): void {
    this.fruitless.delete(gateway);
    const run = this.running.get(gateway);
    if (run) run.arrived = true;
  }

  /** The gateway is online; it may have requested a round before. */
  joined(gateway: string): void {
    this.absent.delete(gateway);
    if (this.requested.has(gateway) && !this.running.has(gateway)) this.waiting.add(gateway);
    // More rounds may run in a larger fleet.
    this.fillSoon();
  }

  /** The gateway left, or takes its request back: others may be drawn in its place until it requests a round again. */
  removed(gateway: string): void {
    this.fruitless.delete(gateway);
    this.requested.delete(gateway);
    this.absent.delete(gateway);
    this.waiting.remove(gateway);
    this.giveUp(gateway);
    this.fillSoon();
  }

  /** An update of the gateway was judged: its round is over. @param refused it does not count, so another gateway is drawn */
  settled(gateway: string, refused = false): void {
    if (refused) this.giveUp(gateway);
    else this.end(gateway);
    this.fillSoon();
  }

  /** There is a new version, and so a new cohort (`isNew`), or versions are made again after a pause. */
  proceed(isNew: boolean): void {
    if (isNew) this.cohort.clear();
    this.fillSoon();
  }

  /** Draws after everything else at this time: gateways whose messages arrive together have the same chance. */
  private fillSoon(): void {
    this.options.onChange();
    if (!this.active) return;
    this.draw ??= this.options.clock.after(0, () => {
      this.draw = undefined;
      this.fill();
    });
  }

  private fill(): void {
    const { random, concurrency, cohorts, open, mayBegin } = this.options;
    if (!open()) return;
    const places = concurrency();
    const before = this.running.size;
    const later: string[] = [];
    while ((cohorts ? this.cohort : this.running).size < places) {
      const gateway = this.waiting.draw(random);
      if (gateway === undefined) break;
      const request = this.requested.get(gateway);
      if (this.cohort.has(gateway) || mayBegin?.(gateway) === false) later.push(gateway);
      else if (request) this.grant(gateway, request);
    }
    for (const gateway of later) this.waiting.add(gateway);
    if (this.running.size !== before) this.options.onChange();
  }

  private grant(gateway: string, request: RoundRequest): void {
    const { clock, random, timeoutMs, cohorts, send } = this.options;
    this.requested.delete(gateway);
    const timer = clock.after(timeoutMs, () => {
      this.countFruitless(gateway);
      this.giveUp(gateway);
      this.fillSoon();
    });
    this.running.set(gateway, { timer, arrived: false });
    if (cohorts) this.cohort.add(gateway);
    send(gateway, random.hex(8), request);
  }

  private countFruitless(gateway: string): void {
    const count = (this.fruitless.get(gateway) ?? 0) + 1;
    if (this.fruitless.size < this.options.limit || this.fruitless.has(gateway))
      this.fruitless.set(gateway, count);
    if (count === mostFruitless) this.options.onFruitless(gateway, count);
  }

  /** Forgets the request of a gateway that is offline: invented names must not keep out gateways that are there. */
  private makeRoom(): boolean {
    const [gateway] = this.absent;
    if (gateway === undefined) return false;
    this.absent.delete(gateway);
    return this.requested.delete(gateway);
  }

  /** Its round failed: another gateway may be drawn, for the cohort, too. */
  private giveUp(gateway: string): void {
    if (this.end(gateway)) this.cohort.delete(gateway);
  }

  private end(gateway: string): boolean {
    this.running.get(gateway)?.timer.cancel();
    if (this.requested.has(gateway) && this.options.isOnline(gateway)) this.waiting.add(gateway);
    return this.running.delete(gateway);
  }
}

/** A granted round that is not over. */
interface GrantedRound {
  readonly timer: Timer;
  /** Its update is here and is about to be judged. */
  arrived: boolean;
}

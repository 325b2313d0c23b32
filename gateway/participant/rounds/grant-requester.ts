import { asFtteError, Backoff, type Clock, type FtteError, type Random, type Timer } from '../../platform';
import type { Session } from '../../session';
import { SubscriptionGroup } from '../../session';
import type { Grant } from '../../wire';
import type { ModelFollower } from '../model/model-follower';

/** What a granted round starts from. */
export interface RoundBase {
  readonly lineage: string;
  readonly version: number;
  /** Flat; not to be changed. */
  readonly parameters: Float32Array;
}

export interface GrantRequesterOptions {
  readonly session: Session;
  readonly follower: ModelFollower;
  readonly clock: Clock;
  readonly random: Random;
  /** A round may begin, from this base. */
  readonly onGrant: (base: RoundBase) => void;
  readonly onProblem: (error: FtteError) => void;
}

/** A `ready` may get lost with a coordinator: said again after so long, then twice as long, up to the last. */
const retry = { minMs: 5 * 60_000, maxMs: 60 * 60_000 };

/**
 * Asks the coordinator for rounds where it grants them: says that this gateway is ready until a grant comes, at each
 * connection and to each coordinator.
 */
export class GrantRequester {
  private readonly subscriptions: SubscriptionGroup;
  private wanted = false;
  /** A grant was taken up, and its round is not over. */
  private granted = false;
  /** What that round starts from is being made. */
  private preparing = false;
  private online = false;
  private timer: Timer | undefined;
  private readonly backoff: Backoff;
  /** The last grants' ids: a message may come twice. */
  private seen: readonly string[] = [];
  private stopped = false;

  constructor(private readonly options: GrantRequesterOptions) {
    this.subscriptions = new SubscriptionGroup(options.session);
    this.backoff = new Backoff(retry, options.random);
  }

  /** A round is due, and a grant is waited for, or what it starts from. */
  get waiting(): boolean {
    return this.wanted || this.preparing;
  }

  /** Resolves once subscribed: not before there is a connection. */
  async start(): Promise<void> {
    await Promise.all([
      this.subscriptions.subscribe('grant', (grant) => this.onGrant(grant)),
      this.subscriptions.subscribe('claim', ({ active }, { retained }) => {
        // A coordinator that comes, or is back at the broker, knows of nobody who waits.
        if (active && !retained) this.again();
      }),
    ]);
  }

  async stop(): Promise<void> {
    this.handBack();
    this.withdraw();
    this.stopped = true;
    await this.subscriptions.end();
  }

  setOnline(online: boolean): void {
    this.online = online;
    if (online) this.again();
  }

  /** A round is due here. Asking again changes nothing. */
  ask(): void {
    if (this.waiting || this.stopped) return;
    this.wanted = true;
    this.again();
  }

  /** What was asked for is not wanted any more. */
  withdraw(): void {
    if (!this.wanted) return;
    this.rest();
    this.send(false);
  }

  /** Nothing comes of the round that was granted: its place is for another, at once. */
  handBack(): void {
    if (!this.granted) return;
    this.granted = false;
    this.send(false);
  }

  /** The round that was granted is over: its update tells the coordinator. */
  fulfilled(): void {
    this.granted = false;
  }

  /** No grant is waited for any more; one that comes all the same is handed back. */
  rest(): void {
    this.wanted = false;
    this.timer?.cancel();
    this.timer = undefined;
  }

  private again(): void {
    this.backoff.reset();
    this.say();
  }

  private say(): void {
    this.timer?.cancel();
    this.timer = undefined;
    if (!this.wanted || !this.online) return;
    this.send(true);
    this.sayLater();
  }

  private send(ready: boolean): void {
    const { session, follower } = this.options;
    const { lineage } = follower;
    // What is not said while offline is said at the next connection.
    if (!this.online || this.stopped || lineage === undefined) return;
    const follows = follower.following && follower.parameters !== undefined;
    const { anchorId } = follower;
    session.send({ type: 'ready', lineage, ready, follows, anchorId }).catch((error) => {
      if (this.online && !this.stopped) this.fail(error);
    });
  }

  private sayLater(): void {
    this.timer = this.options.clock.after(this.backoff.next(), () => this.say(), { holdsProcess: true });
  }

  private onGrant(grant: Grant): void {
    if (this.stopped || this.seen.includes(grant.id)) return;
    this.seen = [grant.id, ...this.seen.slice(0, 7)];
    if (grant.lineage !== this.options.follower.lineage) return;
    if (!this.wanted) {
      // Asked for twice, and the round of the first runs: its update ends both.
      if (!this.granted) this.send(false);
      return;
    }
    this.rest();
    try {
      const base = this.baseOf(grant);
      if (base instanceof Promise) this.prepare(base);
      else this.begin(base);
    } catch (error) {
      this.giveUp(error);
    }
  }

  private begin(base: RoundBase | undefined): void {
    this.granted = base !== undefined;
    if (base) this.options.onGrant(base);
    else this.ask();
  }

  private prepare(base: Promise<RoundBase>): void {
    this.granted = true;
    this.preparing = true;
    const end = (how: () => void) => {
      this.preparing = false;
      if (!this.stopped) how();
    };
    base.then((made) => end(() => this.begin(made))).catch((error) => end(() => this.giveUp(error)));
  }

  private giveUp(error: unknown): void {
    this.fail(error);
    this.granted = false;
    this.send(false);
    // The next grant would be as bad as this one.
    this.wanted = true;
    this.sayLater();
  }

  private baseOf({ catchUp, ...grant }: Grant): RoundBase | Promise<RoundBase> | undefined {
    const { follower } = this.options;
    const { lineage, version } = grant;
    if (catchUp) {
      const made = follower.fromGrant({ ...grant, catchUp });
      if (made instanceof Promise) return made.then((parameters) => ({ lineage, version, parameters }));
      return { lineage, version, parameters: made };
    }
    if (!follower.parameters) return undefined;
    return { lineage, version: follower.version, parameters: follower.parameters };
  }

  private fail(error: unknown): void {
    this.options.onProblem(asFtteError(error, 'broker'));
  }
}

import { asFtteError, Backoff, type Clock, FtteError, type Random, type Timer } from '../../platform';
import type { Session } from '../../session';
import { SubscriptionGroup } from '../../session';
import type { Grant, Ready } from '../../wire';
import type { AnswerWatch } from '../answers/answer-watch';
import type { ModelFollower } from '../model/model-follower';
import type { UpdateSender } from '../outbox/update-sender';

/** The parameters from which a granted round starts. */
export interface RoundBase {
  readonly lineage: string;
  readonly version: number;
  /** Flat; must not be changed. */
  readonly parameters: Float32Array;
}

export interface GrantRequesterOptions {
  readonly session: Session;
  readonly follower: ModelFollower;
  readonly clock: Clock;
  readonly random: Random;
  /** Called when a round may begin from this base. */
  readonly onGrant: (base: RoundBase) => void;
  /** Called when the broker has taken a request. */
  readonly onSent: () => void;
  readonly onProblem: (error: FtteError) => void;
  /** Lets a request go with the update that is about to be sent, if there is one. */
  readonly carry: UpdateSender['carry'];
  /** Learns of each `ready` that requests an acknowledgement, and of each answer. */
  readonly watch: Pick<AnswerWatch, 'sent' | 'answered' | 'reset'>;
}

/**
 * A `ready` may get lost with a coordinator. It is sent again after the first of these times, and then after twice the
 * time, up to the last.
 */
const retry = { minMs: 5 * 60_000, maxMs: 60 * 60_000 };
/** The waits until a `ready` was answered on this connection: it may be that this user may not send it. */
const firstRetry = { minMs: 15_000, maxMs: 60 * 60_000 };

/**
 * Requests rounds from a coordinator that grants them. It sends `ready` until a grant comes, at each connection and to
 * each coordinator.
 */
export class GrantRequester {
  private readonly subscriptions: SubscriptionGroup;
  private wanted = false;
  /** A grant was accepted, and its round is not over. */
  private granted = false;
  /** The base of that round is being made. */
  private preparing = false;
  private online = false;
  private timer: Timer | undefined;
  private readonly backoff: Backoff;
  private readonly firstBackoff: Backoff;
  /** A `ready` was answered on this connection. */
  private proven = false;
  /** The id of the `ready` that requested an acknowledgement. */
  private requestId = '';
  /** The ids of the last grants, because a message may come twice. */
  private seen: readonly string[] = [];
  private stopped = false;

  constructor(private readonly options: GrantRequesterOptions) {
    this.subscriptions = new SubscriptionGroup(options.session);
    this.backoff = new Backoff(retry, options.random);
    this.firstBackoff = new Backoff(firstRetry, options.random);
  }

  /** Whether a round is due and its grant, or the base of the grant, has not come yet. */
  get waiting(): boolean {
    return this.wanted || this.preparing;
  }

  /** Resolves once subscribed, which needs a connection. */
  async start(): Promise<void> {
    await Promise.all([
      this.subscriptions.subscribe('grant', (grant) => this.onGrant(grant)),
      this.subscriptions.subscribe('ack', ({ id }) => {
        if (id === this.requestId) this.prove();
      }),
      this.subscriptions.subscribe('claim', ({ active, term = 0 }, { retained }) => {
        if (term < this.options.session.term) return;
        // A coordinator that starts or reconnects does not know which gateways wait.
        if (active && !retained) this.again();
      }),
    ]);
  }

  async stop(): Promise<void> {
    this.handBack();
    this.withdraw();
    this.stopped = true;
    this.options.watch.reset();
    await this.subscriptions.end();
  }

  setOnline(online: boolean): void {
    this.online = online;
    this.proven = false;
    this.options.watch.reset();
    if (online) this.again();
  }

  /** Requests a round. A second request has no effect. */
  ask(): void {
    if (this.waiting || this.stopped) return;
    this.wanted = true;
    this.again();
  }

  /** Withdraws the request. */
  withdraw(): void {
    if (!this.wanted) return;
    this.rest();
    this.send(false);
  }

  /** Returns the grant of a round that will not run, so that another gateway gets its place at once. */
  handBack(): void {
    if (!this.granted) return;
    this.granted = false;
    this.send(false);
  }

  /** Marks the granted round as over. The coordinator learns of it from the update. */
  fulfilled(): void {
    this.granted = false;
  }

  /** Ends the wait for a grant. A grant that still comes is returned. */
  rest(): void {
    this.wanted = false;
    this.options.carry(undefined);
    this.timer?.cancel();
    this.timer = undefined;
  }

  private again(): void {
    this.backoff.reset();
    this.firstBackoff.reset();
    this.announce(false);
  }

  /** @param again whether it repeats a request */
  private announce(again: boolean): void {
    this.timer?.cancel();
    this.timer = undefined;
    if (!this.wanted || !this.online) return;
    const asks = again && !this.proven;
    if (asks) this.requestId = this.options.random.hex(8);
    if (asks || !this.carry()) this.send(true, asks ? { id: this.requestId } : {});
    this.announceLater();
  }

  /** Whether the request goes with the update that is about to be sent, which saves a message. */
  private carry(): boolean {
    const { lineage } = this.options.follower;
    if (lineage === undefined) return false;
    const onLost = () => {
      if (this.wanted && lineage === this.options.follower.lineage) this.send(true);
    };
    return this.options.carry({ next: this.state, onLost });
  }

  /** Facts that the coordinator needs for a grant. */
  private get state(): Pick<Ready, 'follows' | 'anchorId'> {
    const { follower } = this.options;
    return {
      follows: follower.following && follower.parameters !== undefined,
      anchorId: follower.anchorId,
    };
  }

  /** An answer came: `ready` reaches the coordinator, and is repeated rarely. */
  private prove(): void {
    this.proven = true;
    this.options.watch.answered();
    if (!this.timer) return;
    this.timer.cancel();
    this.announceLater();
  }

  private send(ready: boolean, request: { id?: string } = {}): void {
    const { session, follower } = this.options;
    const { lineage } = follower;
    // While offline nothing is sent; the next connection sends it.
    if (!this.online || this.stopped || lineage === undefined) return;
    session.send({ type: 'ready', lineage, ready, ...this.state, ...request }).then(
      () => {
        this.options.onSent();
        if (request.id !== undefined) this.options.watch.sent();
      },
      (error) => {
        if (!this.stopped && !isOffline(error)) this.fail(error);
      },
    );
  }

  private announceLater(): void {
    const waitMs = (this.proven ? this.backoff : this.firstBackoff).next();
    this.timer = this.options.clock.after(waitMs, () => this.announce(true), { holdsProcess: true });
  }

  private onGrant(grant: Grant): void {
    if (this.stopped || this.seen.includes(grant.id)) return;
    this.seen = [grant.id, ...this.seen.slice(0, 7)];
    this.proven = true;
    this.options.watch.answered();
    const { lineage } = this.options.follower;
    if (lineage === undefined || (grant.lineage ?? lineage) !== lineage) return;
    if (!this.wanted) {
      // The round was requested twice, and the first grant's round runs. Its update ends both.
      if (!this.granted) this.send(false);
      return;
    }
    this.rest();
    try {
      const base = this.baseOf({ ...grant, lineage });
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
    // The next grant would fail in the same way, so the request is repeated later.
    this.wanted = true;
    this.announceLater();
  }

  private baseOf({
    catchUp,
    ...grant
  }: Grant & { lineage: string }): RoundBase | Promise<RoundBase> | undefined {
    const { follower } = this.options;
    const { lineage, version } = grant;
    follower.takeLabels(version, grant.labels);
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

const isOffline = (error: unknown) => error instanceof FtteError && error.code === 'offline';

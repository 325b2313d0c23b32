import { type Clock, FtteError, type Timer } from '../../platform';
import type { Session } from '../../session';
import type { Message } from '../../wire';

/** Options of the lease. */
export interface CoordinatorLeaseOptions {
  readonly session: Session;
  readonly clock: Clock;
  /** Names this run of the coordinator. */
  readonly instance: string;
  /** Time for which it listens before it claims, ms. */
  readonly waitMs: number;
  /** The lease was held, and another coordinator has the better claim. */
  readonly onLost: (error: FtteError) => void;
  readonly onSendFailed: (error: unknown) => void;
}

/** Gateways whose presence is remembered while listening. */
const presenceLimit = 10_000;

/**
 * The lease of a federation: one coordinator at a time, by a retained `claim` message. Before it claims, it listens: an
 * active claim of another gateway that is online wins; the claim of a gateway that has left is taken over, and so is one
 * of an earlier run under this gateway's id. If two claim at the same time, the smaller (since, instance) stays; two runs
 * under one gateway id are a restart, and the later run stays.
 */
export class CoordinatorLease {
  private phase: 'idle' | 'listening' | 'held' | 'lost' | 'released' = 'idle';
  private since = 0;
  private competitor: Message<'claim'> | undefined;
  /** The competitor's claim came live, not retained: it is there, whatever its presence is. */
  private competitorAlive = false;
  /** The broker's retained claim shows that no competitor is to be expected. */
  private unclaimed = false;
  private readonly presence = new Map<string, boolean>();
  private settle: { resolve: () => void; reject: (error: FtteError) => void } | undefined;
  private timer: Timer | undefined;

  constructor(private readonly options: CoordinatorLeaseOptions) {}

  /**
   * Listens, then claims. Call it after subscribing to claims and presence.
   * @throws FtteError `second-coordinator` naming the other one; `cancelled` if released meanwhile
   */
  acquire(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.phase !== 'idle') return reject(new FtteError('cancelled', 'the coordinator stopped'));
      this.settle = { resolve, reject };
      this.since = this.options.clock.now();
      this.phase = 'listening';
      this.timer = this.options.clock.after(this.options.waitMs, () => this.take(), { holdsProcess: true });
      this.judgeCompetitor();
      if (this.unclaimed) this.take();
    });
  }

  /** Sends the claim again: for a broker that lost its retained messages, and for a competitor. */
  announce(): void {
    if (this.phase === 'held') this.send(true);
  }

  /** Gives the lease up, for an orderly stop. */
  release(): void {
    this.timer?.cancel();
    if (this.phase === 'held') this.send(false);
    const listening = this.phase === 'listening';
    this.phase = 'released';
    if (listening) this.settle?.reject(new FtteError('cancelled', 'the coordinator stopped'));
  }

  onPresence({ sender, online }: Message<'presence'>): void {
    if (this.presence.size < presenceLimit || this.presence.has(sender)) this.presence.set(sender, online);
    if (this.phase === 'listening' || this.phase === 'idle') this.judgeCompetitor();
  }

  onClaim(claim: Message<'claim'>, retained: boolean): void {
    if (claim.instance === this.options.instance) return;
    if (this.phase === 'held') this.contest(claim, retained);
    else if (this.phase === 'idle' || this.phase === 'listening') this.consider(claim, retained);
  }

  private consider(claim: Message<'claim'>, retained: boolean): void {
    const { session } = this.options;
    if (claim.sender === session.id || !claim.active) {
      this.competitor = undefined;
      // The broker retains one claim: if it is this gateway's or was given up, there is no other to wait for.
      this.unclaimed = retained;
      if (this.unclaimed) this.take();
      return;
    }
    this.unclaimed = false;
    this.competitor = claim;
    this.competitorAlive = !retained;
    this.judgeCompetitor();
  }

  private judgeCompetitor(): void {
    const { competitor } = this;
    if (this.phase !== 'listening' || !competitor) return;
    if (this.competitorAlive || this.presence.get(competitor.sender)) {
      this.timer?.cancel();
      this.phase = 'lost';
      this.settle?.reject(secondCoordinator(competitor));
    }
  }

  private take(): void {
    if (this.phase !== 'listening') return;
    this.timer?.cancel();
    this.phase = 'held';
    this.send(true);
    this.settle?.resolve();
  }

  /** Compares a claim that comes while the lease is held: either this one is the second, or the other needs the claim again. */
  private contest(claim: Message<'claim'>, retained: boolean): void {
    const { session, instance } = this.options;
    const gone = !claim.active || (retained && this.presence.get(claim.sender) !== true);
    const earlier = claim.since - this.since || (claim.instance < instance ? -1 : 1);
    // A retained claim of this gateway's id is of an earlier run, whatever its clock was: a run that is still there
    // answers this claim with its own.
    const otherRun = claim.active && !retained && earlier > 0;
    const otherStays = claim.sender === session.id ? otherRun : !gone && earlier < 0;
    if (!otherStays) {
      this.announce();
      return;
    }
    this.phase = 'lost';
    this.options.onLost(secondCoordinator(claim));
  }

  private send(active: boolean): void {
    const { session, instance, onSendFailed } = this.options;
    session.send({ type: 'claim', instance, since: this.since, active }).catch(onSendFailed);
  }
}

function secondCoordinator({ sender, since, instance }: Message<'claim'>): FtteError {
  return new FtteError(
    'second-coordinator',
    `gateway ${sender} has coordinated this federation since ${new Date(since).toISOString()}; stop it first, or use another federation name`,
    { coordinator: sender, instance, since },
  );
}

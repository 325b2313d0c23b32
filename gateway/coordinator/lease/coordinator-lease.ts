import { type Clock, FtteError, type Timer } from '../../platform';
import type { Session } from '../../session';
import type { Message } from '../../wire';

export interface CoordinatorLeaseOptions {
  readonly session: Session;
  readonly clock: Clock;
  /** Names this run of the coordinator. */
  readonly instance: string;
  /** How long to listen before claiming, ms. */
  readonly waitMs: number;
  /** The claim was held and another coordinator has the better one. */
  readonly onLost: (error: FtteError) => void;
  readonly onSendFailed: (error: unknown) => void;
}

/** Gateways whose presence is remembered while listening. */
const presenceLimit = 10_000;

/**
 * One coordinator a federation. Before claiming it listens for a while: an active claim of another gateway that is
 * online wins, one of a gateway that has gone is taken over, and so is our own of an earlier run. Where two claimed at
 * the same time, the smaller (since, instance) stays; two runs under one gateway id are a restart: the later stays.
 */
export class CoordinatorLease {
  private phase: 'idle' | 'listening' | 'held' | 'lost' | 'released' = 'idle';
  private since = 0;
  private competitor: Message<'claim'> | undefined;
  /** The competitor's claim came live, not out of the broker's memory: it is there, whatever presence says. */
  private competitorAlive = false;
  /** The broker's memory says that nobody else is to be expected. */
  private unclaimed = false;
  private readonly presence = new Map<string, boolean>();
  private settle: { resolve: () => void; reject: (error: FtteError) => void } | undefined;
  private timer: Timer | undefined;

  constructor(private readonly options: CoordinatorLeaseOptions) {}

  get held(): boolean {
    return this.phase === 'held';
  }

  /**
   * Listens, then claims. Call it once subscribed to claims and presence.
   * @throws FtteError `second-coordinator` naming the other; `cancelled` when released meanwhile
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

  /** Says the claim again: a broker that lost its memory needs it, and so does a competitor. */
  announce(): void {
    if (this.phase === 'held') this.send(true);
  }

  /** Ends the claim in good order. */
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
      // The broker remembers one claim: where it is ours or was given up, there is no other to wait for.
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

  /** A claim that comes while ours stands: either we are the second, or the other has to hear ours again. */
  private contest(claim: Message<'claim'>, retained: boolean): void {
    const { session, instance } = this.options;
    const gone = !claim.active || (retained && this.presence.get(claim.sender) !== true);
    const earlier = claim.since - this.since || (claim.instance < instance ? -1 : 1);
    // What the broker remembers of our own id is an earlier run of ours, whatever its clock said: one that is there
    // answers our claim with its own.
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
    `gateway ${sender} coordinates this federation since ${new Date(since).toISOString()}; stop it first, or use another federation name`,
    { coordinator: sender, instance, since },
  );
}

import { type Clock, FtteError, Throttle, type Timer } from '../../platform';
import type { Session } from '../../session';
import type { Message } from '../../wire';
import { instanceCopied, secondCoordinator, takenOver } from './lease-errors';

/** The last run that held the lease from this folder. */
export interface EarlierRun {
  /** 0: none did. */
  readonly term: number;
  readonly instance: string | undefined;
}

/** Options of the lease. */
export interface CoordinatorLeaseOptions {
  readonly session: Session;
  readonly clock: Clock;
  /** Names this run of the coordinator. */
  readonly instance: string;
  /** Time for which it listens before it claims, ms. */
  readonly waitMs: number;
  /**
   * Whether the log gave the right to follow the run before this one, which has lost it: that one is not asked, and its
   * answer does not count.
   */
  readonly succeeds?: boolean;
  /** Writes the term to disk, before it is claimed and whenever it goes up. */
  readonly persist: (term: number) => Promise<void>;
  /** The lease was held, and another coordinator has the better claim. */
  readonly onLost: (error: FtteError) => void;
  /** It waits for the answer of a coordinator that has a claim and is silent. @param text for a person */
  readonly onContest: (text: string) => void;
  /** The term went up while the lease was held: everything retained is to be sent again. */
  readonly onTermRaised: () => void;
  /** A term that was to go up could not be written. It is tried again in a minute. */
  readonly onProblem: (error: unknown) => void;
  readonly onSendFailed: (error: unknown) => void;
}

/** Gateways whose presence is remembered while listening. */
const presenceLimit = 10_000;
/** Time after which a claim whose coordinator does not answer is taken over. */
const silentMs = 60_000;
/** Questions without an answer after which a claim in this coordinator's own id is taken over: nobody else has that id. */
const ownQuestions = 2;
/** Time between two questions to a coordinator that does not answer. */
const askMs = 5_000;
/** Claims are answered at most once in this time. */
const answerMs = 1_000;
/** No federation has had so many coordinators in a row: the term of a claim that is further ahead is not believed. */
const mostTermsAhead = 1_000_000;

/**
 * The lease of a federation: one coordinator at a time, by a retained `claim` message with a **term**, which goes up with
 * each run that takes the lease, and which is in its checkpoint and in all of its messages. The higher term stays, and of
 * equal terms the smaller instance; no clock decides.
 *
 * Before it claims, it asks, by a claim that is neither active nor retained, and listens: a coordinator that is there
 * answers, and stays, so that a run that starts never displaces one that works. (Its folder may have a higher term than
 * the other's claim: then the other one has lost the lease already.) A claim that was given up, that is of a gateway that
 * has left, or of the last run from the same folder is taken over at once; one in this coordinator's own id, which is its
 * own before a restart without a folder, after a second question; and any other one if nobody answers for a minute.
 */
export class CoordinatorLease {
  private phase: 'idle' | 'listening' | 'claiming' | 'held' | 'lost' | 'released' = 'idle';
  private since = 0;
  /** 0 before it has the lease. */
  private ownTerm = 0;
  private earlier: EarlierRun = { term: 0, instance: undefined };
  /** The highest term of a claim so far. */
  private highest = 0;
  /** The active claim that the broker retains. */
  private competitor: Message<'claim'> | undefined;
  /** The coordinator that answered before this one began to listen. */
  private answered: Message<'claim'> | undefined;
  /** The broker's retained claim shows that no competitor is to be expected. */
  private unclaimed = false;
  private readonly presence = new Map<string, boolean>();
  private settle: { resolve: () => void; reject: (error: FtteError) => void } | undefined;
  private timer: Timer | undefined;
  private raising: Timer | undefined;
  private isPaused = false;
  private readonly answers: Throttle;

  constructor(private readonly options: CoordinatorLeaseOptions) {
    this.answers = new Throttle(options.clock, answerMs, () => this.announce());
  }

  /**
   * Listens, then claims. Call it after subscribing to claims and presence.
   * @throws FtteError `second-coordinator` naming the other one; `cancelled` if released meanwhile
   */
  acquire(earlier: EarlierRun): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.phase !== 'idle') return reject(new FtteError('cancelled', 'the coordinator stopped'));
      const { clock, waitMs } = this.options;
      this.earlier = earlier;
      this.settle = { resolve, reject };
      this.since = clock.now();
      this.phase = 'listening';
      if (this.answered) return this.considerAnswer(this.answered);
      if (this.unclaimed || this.mayFollow(this.competitor)) return this.take();
      this.ask();
      this.timer = clock.after(waitMs, () => this.judge(), { holdsProcess: true });
    });
  }

  /** Sends the claim again: for a broker that lost its retained messages, and for a competitor. */
  announce(): void {
    if (this.phase === 'held') this.send(true);
  }

  /** Says in the claim from now on whether the coordinator is paused. */
  set paused(paused: boolean) {
    if (paused === this.isPaused) return;
    this.isPaused = paused;
    this.announce();
  }

  /** Gives the lease up. @param end `isSilent`: without a word, because another coordinator leads */
  release({ isSilent = false } = {}): void {
    const { phase } = this;
    this.end(isSilent ? 'lost' : 'released');
    this.answers.stop();
    if (phase === 'held' && !isSilent) this.send(false);
    if (phase === 'listening' || phase === 'claiming')
      this.settle?.reject(new FtteError('cancelled', 'the coordinator stopped'));
  }

  onPresence({ sender, online }: Message<'presence'>): void {
    if (this.presence.size < presenceLimit || this.presence.has(sender)) this.presence.set(sender, online);
  }

  onClaim(claim: Message<'claim'>, retained: boolean): void {
    const { instance } = this.options;
    if (claim.instance === instance || termOf(claim) > this.highest + mostTermsAhead) return;
    if (claim.active) this.highest = Math.max(this.highest, termOf(claim));
    if (this.phase === 'held') this.contest(claim, retained);
    else if (!['lost', 'released'].includes(this.phase)) this.consider(claim, retained);
  }

  /**
   * A gateway knows a term: if it is higher, gateways ignore this coordinator. Another one holds it, or the claim was lost
   * with the broker's memory and everything else but the gateways: then this one goes beyond it after a minute.
   */
  onTermOfGateway(term: number): void {
    if (this.phase !== 'held' || term <= this.ownTerm || term > this.ownTerm + mostTermsAhead) return;
    this.highest = Math.max(this.highest, term);
    this.raiseLater();
  }

  private raiseLater(): void {
    const { clock, onProblem } = this.options;
    this.raising ??= clock.after(silentMs, () => {
      this.raising = undefined;
      this.raise().catch((error) => {
        onProblem(error);
        if (this.phase === 'held') this.raiseLater();
      });
    });
  }

  private async raise(): Promise<void> {
    if (this.phase !== 'held' || this.highest <= this.ownTerm) return;
    const { session, persist, onTermRaised } = this.options;
    const term = this.highest + 1;
    await persist(term);
    if (this.phase !== 'held') return;
    this.ownTerm = term;
    session.lead(term);
    this.announce();
    onTermRaised();
  }

  private consider(claim: Message<'claim'>, retained: boolean): void {
    if (claim.active && !retained) {
      this.considerAnswer(claim);
      return;
    }
    // Another one that starts asks, too. Which of the two stays is decided by what they claim.
    if (!claim.active && !retained) return;
    this.competitor = claim.active ? claim : undefined;
    // The broker retains one claim: if it was given up, there is no other to wait for.
    this.unclaimed = !claim.active;
    if (this.phase === 'listening' && (this.unclaimed || this.mayFollow(claim))) this.take();
  }

  /** A coordinator that is there stays, unless it goes on from an older state than this one. */
  private considerAnswer(claim: Message<'claim'>): void {
    if (this.phase === 'idle') {
      this.answered = claim;
      return;
    }
    if (this.mayFollow(claim)) return;
    if (termOf(claim) < this.earlier.term) return;
    const { session } = this.options;
    this.end('lost');
    this.settle?.reject(claim.sender === session.id ? instanceCopied(claim) : secondCoordinator(claim));
  }

  /** Whether a claim is of the run before this one, which the log has shut out. */
  private mayFollow(claim: Message<'claim'> | undefined): boolean {
    return this.options.succeeds === true && claim !== undefined && claim.instance === this.earlier.instance;
  }

  /** Nobody has answered: is the retained claim one of a coordinator that may still be there? */
  private judge(): void {
    const { competitor, options } = this;
    const waitedMs = options.clock.now() - this.since;
    const isOwn = competitor?.sender === options.session.id;
    const patienceMs = isOwn ? ownQuestions * options.waitMs : silentMs;
    if (!competitor || this.isGone(competitor) || waitedMs >= patienceMs) {
      this.take();
      return;
    }
    if (!isOwn && waitedMs < options.waitMs + askMs) {
      const { sender } = competitor;
      options.onContest(
        `gateway ${sender} has claimed this federation and does not answer: it is taken over if it is silent for ${silentMs / 1000} s`,
      );
    }
    this.timer = options.clock.after(Math.min(askMs, patienceMs - waitedMs), () => this.judge(), {
      holdsProcess: true,
    });
    this.ask();
  }

  private isGone(claim: Message<'claim'>): boolean {
    const { session } = this.options;
    const { sender, instance } = claim;
    // It goes on from an older state, so it has lost the lease.
    if (termOf(claim) < this.earlier.term) return true;
    // The presence of this gateway's id is its own.
    return (
      instance === this.earlier.instance || (sender !== session.id && this.presence.get(sender) === false)
    );
  }

  private take(): void {
    if (this.phase !== 'listening') return;
    const { session, persist } = this.options;
    this.end('claiming');
    this.ownTerm = Math.max(this.earlier.term, this.highest, session.term) + 1;
    persist(this.ownTerm).then(
      () => {
        if (this.phase !== 'claiming') return;
        this.phase = 'held';
        session.lead(this.ownTerm);
        this.send(true);
        this.settle?.resolve();
      },
      (error) => {
        if (this.phase !== 'claiming') return;
        this.phase = 'lost';
        this.settle?.reject(error);
      },
    );
  }

  /** Compares a claim that comes while the lease is held: either this one is the second, or the other needs the claim again. */
  private contest(claim: Message<'claim'>, retained: boolean): void {
    const { instance, onLost } = this.options;
    const ahead = claim.active ? termOf(claim) - this.ownTerm : Number.NEGATIVE_INFINITY;
    // A run that is still there answers this claim with its own.
    const isThere = !retained || this.presence.get(claim.sender) === true;
    const otherStays = ahead > 0 || (ahead === 0 && isThere && claim.instance < instance);
    if (!otherStays) {
      this.answers.request();
      return;
    }
    this.end('lost');
    onLost(takenOver(claim, this.ownTerm));
  }

  private end(phase: 'claiming' | 'lost' | 'released'): void {
    this.phase = phase;
    for (const timer of [this.timer, this.raising]) timer?.cancel();
    this.timer = undefined;
    this.raising = undefined;
  }

  private ask(): void {
    this.sendClaim(false, false);
  }

  private send(active: boolean): void {
    this.sendClaim(active, true);
  }

  private sendClaim(active: boolean, retain: boolean): void {
    const { session, instance, onSendFailed } = this.options;
    const paused = active && this.isPaused ? { paused: true } : {};
    const claim = { type: 'claim', instance, since: this.since, active, ...paused } as const;
    session.send(claim, undefined, retain ? {} : { retain }).catch(onSendFailed);
  }
}

const termOf = ({ term = 0 }: Message<'claim'>): number => term;

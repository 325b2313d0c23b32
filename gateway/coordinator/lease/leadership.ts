import { asFtteError, type Clock, type FtteError, SerialQueue, type Timer } from '../../platform';
import type { LogHolder, LogLeader, SharedLog } from '../storage';

/** Options of `Leadership`. */
export interface LeadershipOptions {
  readonly log: SharedLog;
  readonly clock: Clock;
  /** This coordinator leads from now on. */
  readonly onLeading: () => void;
  /** It leads no longer. `wait` may be called again. */
  readonly onLost: () => void;
  /** Another coordinator leads. Called at each change. */
  readonly onLeader: (leader: LogLeader) => void;
  /** The log cannot be used while it waits (once for each reason), or can be used again (undefined). */
  readonly onProblem: (problem: FtteError | undefined) => void;
  /** Waiting has ended, because it would never succeed. */
  readonly onFailed: (error: FtteError) => void;
}

/** Looks at the lease in the time that one lasts. */
const looksPerLease = 8;
/** Looks without a renewal, which the leader makes twice as often, after which the lease has ended: two and a half times its time. */
const mostLooks = 2.5 * looksPerLease;

/** Takes the lease of a log when it is free, and keeps it. Who leads is for the log to say: its clock ends a lease. */
export class Leadership {
  /** One request after the other: the end of one may undo what the next has done. */
  private readonly requests = new SerialQueue();
  private phase: 'idle' | 'waiting' | 'leading' = 'idle';
  private timer: Timer | undefined;
  private expiry: Timer | undefined;
  private holder: LogHolder | undefined;
  private leader: string | undefined;
  /** The newest renewal by another coordinator, and how often it was seen. Counted, because no clock is trusted. */
  private seen = { renewal: '', looks: 0 };
  private reason: string | undefined;
  private turn = 0;

  constructor(private readonly options: LeadershipOptions) {}

  /** Waits for the lease. */
  wait(holder: LogHolder): void {
    this.stopTimers();
    this.holder = holder;
    this.phase = 'waiting';
    this.leader = undefined;
    this.seen = { renewal: '', looks: 0 };
    const turn = ++this.turn;
    void this.requests.run(() => this.tryToTake(turn));
  }

  /** Whether it waits for the lease. */
  get isWaiting(): boolean {
    return this.phase === 'waiting';
  }

  /** Whether this coordinator still has the lease, as the log says. @throws FtteError `storage` */
  verify(): Promise<boolean> {
    return this.requests.run(async () => this.phase === 'leading' && (await this.options.log.lease.renew()));
  }

  /** Takes the news that the log refused a write: another coordinator leads. */
  lose(): void {
    if (this.phase !== 'leading') return;
    this.stopTimers();
    this.phase = 'idle';
    this.turn++;
    this.options.onLost();
  }

  /** Gives the lease up, so that another one takes it at once. Nothing is asked of the log any more when it resolves. */
  async stop(): Promise<void> {
    const { phase } = this;
    this.stopTimers();
    this.phase = 'idle';
    this.turn++;
    await this.requests.idle();
    // If the log is away, the lease ends by itself.
    if (phase === 'leading') await this.options.log.lease.give().catch(() => undefined);
  }

  private async tryToTake(turn: number): Promise<void> {
    if (turn !== this.turn) return;
    const { log, clock, onLeading, onLeader, onFailed } = this.options;
    const beganMs = clock.now();
    try {
      const { seen } = this;
      const unrenewed = seen.looks >= mostLooks ? seen.renewal : undefined;
      const leader = await log.lease.take(this.holder!, unrenewed);
      if (turn !== this.turn) {
        if (!leader) await log.lease.give().catch(() => undefined);
        return;
      }
      this.report(undefined);
      if (!leader) {
        this.phase = 'leading';
        this.keep(beganMs);
        onLeading();
        return;
      }
      this.see(leader.renewal);
      const name = `${leader.coordinator} ${leader.sinceMs}`;
      if (name !== this.leader && leader.coordinator !== '') {
        this.leader = name;
        onLeader(leader);
      }
    } catch (error) {
      if (turn !== this.turn) return;
      const problem = asFtteError(error, 'storage');
      if (problem.code !== 'storage') {
        this.phase = 'idle';
        return onFailed(problem);
      }
      this.report(problem);
    }
    const next = () => void this.requests.run(() => this.tryToTake(turn));
    this.timer = clock.after(log.leaseMs / looksPerLease, next, { holdsProcess: true });
  }

  private see(renewal: string): void {
    const looks = renewal === this.seen.renewal ? this.seen.looks + 1 : 1;
    this.seen = { renewal, looks };
  }

  /** Renews the lease in time. Without an answer until its end it is lost. */
  private keep(takenMs: number): void {
    const { log, clock } = this.options;
    this.expiry?.cancel();
    this.expiry = clock.after(Math.max(0, takenMs + log.leaseMs - clock.now()), () => this.lose());
    this.timer?.cancel();
    this.timer = clock.after(log.leaseMs / 4, () => this.renewSoon(this.turn));
  }

  private renewSoon(turn: number): void {
    void this.requests.run(() => this.renew(turn));
  }

  private async renew(turn: number): Promise<void> {
    if (turn !== this.turn) return;
    const { log, clock } = this.options;
    const beganMs = clock.now();
    try {
      const isKept = await log.lease.renew();
      if (turn !== this.turn) return;
      if (isKept) this.keep(beganMs);
      else this.lose();
    } catch {
      // Until the lease ends it is tried again.
      if (turn === this.turn)
        this.timer = clock.after(log.leaseMs / 8, () => this.renewSoon(turn), { holdsProcess: true });
    }
  }

  private report(problem: FtteError | undefined): void {
    const reason = problem && String(problem.details['reason'] ?? problem.message);
    if (reason === this.reason) return;
    this.reason = reason;
    this.options.onProblem(problem);
  }

  private stopTimers(): void {
    this.timer?.cancel();
    this.expiry?.cancel();
    this.timer = undefined;
    this.expiry = undefined;
  }
}

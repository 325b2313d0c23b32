import {
  asError,
  Backoff,
  type Clock,
  CutOffTimer,
  cutOffMs,
  FtteError,
  NoticeCounter,
  noticeCodeOf,
  type Random,
  systemClock,
  systemRandom,
  type Timer,
} from '../platform';
import { gatewayPrivacy } from '../task';
import { Coordinator } from './coordinator';
import { type CoordinatorRole, DelegatingCoordinator } from './delegating-coordinator';
import { Leadership } from './lease/leadership';
import type { CoordinatorOptions } from './options';
import { type CoordinatorStatus, type SharedLogStatus, storageRecovered } from './reports';
import { isDeposed, type LogLeader, otherCoordinator, type SharedLog } from './storage';

/** The longest pause before a coordinator that could not lead tries again, ms. */
const longestPauseMs = 5 * 60_000;

/** Reasons that are the same at the next attempt: a person has to change something. */
const lasting: readonly string[] = ['second-coordinator', 'config-invalid', 'task-invalid', 'model-invalid'];

/** Creates a coordinator. One with a log on a server leads while it has the lease of the log. @throws FtteError `config-invalid` */
export const createRole = (options: CoordinatorOptions): CoordinatorRole =>
  options.sharedLog ? new FailoverCoordinator(options, options.sharedLog) : new Coordinator(options);

/**
 * One of several coordinators with one log. It stands by while another one leads, leads when it has the lease of the log,
 * and stands by again when it was replaced. Each time it leads with a new `Coordinator`, which begins with what is in the log.
 * One that leads and cannot work (the broker refuses it, or is away) gives the lease up, because another one may be able to,
 * and tries again after a pause.
 */
export class FailoverCoordinator extends DelegatingCoordinator {
  private readonly clock: Clock;
  private readonly random: Random;
  private readonly leadership: Leadership;
  protected role: Coordinator;
  private leads = false;
  private isStarted = false;
  private isStopped = false;
  private leader: SharedLogStatus['leader'];
  private problem: FtteError | undefined;
  /** Why it has given up the lead, until it works or another one leads. */
  private failure: Error | undefined;
  private readonly notices: NoticeCounter;
  private readonly pauses: Backoff;
  private retry: Timer | undefined;
  private isOnline = true;
  /** Ends the lead of a coordinator without the broker. */
  private readonly cutOff: CutOffTimer;
  /** It waits for the broker before it waits for the lease. */
  private awaitsBroker = false;
  private stopConnection: (() => void) | undefined;
  /** The caller of `start`, until it is known whether this one leads. */
  private first: { readonly resolve: () => void; readonly reject: (error: unknown) => void } | undefined;
  /** The end of a role that was replaced. */
  private changing: Promise<void> = Promise.resolve();
  private starting: Promise<void> = Promise.resolve();

  constructor(
    private readonly options: CoordinatorOptions,
    private readonly log: SharedLog,
  ) {
    super();
    if (gatewayPrivacy(options.task)) {
      const text =
        'storage: expected this machine, because the ledger of a task with privacy of gateways is a file there, got a log on a server';
      throw new FtteError('config-invalid', text, { field: 'storage' });
    }
    this.clock = options.clock ?? systemClock;
    this.random = options.random ?? systemRandom();
    this.notices = new NoticeCounter(this.clock, (notice) => this.emit('notice', notice));
    this.pauses = new Backoff({ minMs: log.leaseMs, maxMs: longestPauseMs }, this.random);
    this.cutOff = new CutOffTimer(this.clock, () => {
      const text = `the broker has not been reached for ${cutOffMs / 1000} s`;
      this.cannotLead(this.role, new FtteError('offline', text));
    });
    this.role = this.createRole();
    this.leadership = new Leadership({
      log,
      clock: this.clock,
      onLeading: () => this.lead(),
      onLost: () => this.replaced(),
      onLeader: (leader) => this.standBy(leader),
      onProblem: (problem) => {
        this.problem = problem;
        if (problem) this.emit('problem', problem);
        else this.say(storageRecovered(`the log at ${log.place}`));
        this.settle();
        this.emitStatus();
      },
      onFailed: (error) => {
        this.problem = error;
        this.fail(error);
      },
    });
  }

  get status(): CoordinatorStatus {
    const { leads, leader, failure, role, log } = this;
    const { status } = role;
    const shared = { place: log.place, leads, leader };
    // The next attempt to lead takes no fault away before it has succeeded.
    if (this.isStopped || (leads && (!failure || status.phase === 'refused'))) return { ...status, shared };
    const waiting = undefined;
    const problem = this.problem ?? failure;
    if (problem) return { ...status, shared, waiting, phase: 'refused', problem: problem.message };
    // Its role may be one that was replaced, and has stopped.
    return { ...status, shared, waiting, phase: leader ? 'standby' : 'starting' };
  }

  /**
   * Takes the lead if it is free, and starts then. Otherwise, and while the log is away, this resolves, and it leads later.
   * @throws FtteError as `Coordinator.start`; `config-invalid` if a package for the log is missing. Unless the reason is one
   * that lasts, it tries again until it is stopped
   */
  async start(): Promise<void> {
    if (this.isStarted) throw new FtteError('not-ready', 'the coordinator is already started');
    this.isStarted = true;
    const first = new Promise<void>((resolve, reject) => {
      this.first = { resolve, reject };
    });
    this.stopConnection = this.options.onConnection?.((state) => this.connection(state === 'online'));
    this.wait();
    await first;
  }

  async stop(): Promise<void> {
    if (this.isStopped) return;
    this.isStopped = true;
    this.settle();
    this.stopConnection?.();
    this.retry?.cancel();
    this.cutOff.stop();
    this.notices.stop();
    await this.changing;
    // Still as the leader: its last checkpoint is to be written.
    await this.role.stop();
    await this.starting;
    await this.leadership.stop();
    this.listenToNone();
    await this.log.close();
  }

  private createRole(): Coordinator {
    const role: Coordinator = new Coordinator({
      ...this.options,
      onReplaced: (error) => this.contested(role, error),
      onRefused: (error) => this.cannotLead(role, error),
    });
    this.listenTo(role, {
      onProblem: (problem) => {
        if (isDeposed(problem)) this.leadership.lose();
        else this.emit('problem', problem);
      },
      onChange: () => {
        if (!this.failure || !role.isReady) return;
        this.failure = undefined;
        this.pauses.reset();
        this.emitStatus();
      },
    });
    return role;
  }

  private wait(): void {
    this.leadership.wait({ coordinator: this.options.session.id, run: this.random.hex(8) });
  }

  private lead(): void {
    // The lease came while this coordinator was being stopped, and is given up at once.
    if (this.isStopped) return;
    const stoodBy = this.leader !== undefined;
    this.leads = true;
    this.leader = { coordinator: this.options.session.id, sinceMs: this.clock.now() };
    if (stoodBy)
      this.say({ code: 'leader', level: 'info', text: 'this coordinator leads the federation from now on' });
    const { role } = this;
    this.starting = role.start().then(
      () => this.settle(),
      (error) => this.cannotLead(role, error),
    );
    this.watchConnection();
    this.emitStatus();
  }

  private standBy(leader: LogLeader): void {
    const { coordinator, sinceMs } = leader;
    const isNews = this.leader?.coordinator !== coordinator || this.leader.sinceMs !== sinceMs;
    this.leader = leader;
    this.failure = undefined;
    const { key, session } = this.options;
    if (key !== undefined && coordinator !== session.id) {
      this.fail(otherCoordinator(this.log.place, coordinator, session.id));
      return;
    }
    const text = `${coordinator} leads this federation since ${new Date(sinceMs).toISOString()}: this coordinator stands by, and takes over if that one ends`;
    if (isNews) this.say({ code: 'leader', level: 'info', text, details: { coordinator } });
    this.settle();
    this.watchConnection();
    this.emitStatus();
  }

  /** Another coordinator has the lease of the log: nothing of this one counts any more. */
  private replaced(): void {
    if (this.leads) this.stepDown(() => this.waitAgain());
  }

  /** @param next called when the role that led has stopped, and there is a new one */
  private stepDown(next: () => Promise<void> | void): void {
    if (this.isStopped) return;
    this.leads = false;
    this.leader = undefined;
    this.listenToNone();
    this.watchConnection();
    const { role } = this;
    this.settle();
    this.changing = (async () => {
      await role.stop({ isReplaced: true }).catch((error) => this.emit('problem', error));
      this.role = this.createRole();
      // By hand, or because the model diverged: the cause is still there.
      if (role.isPaused) this.role.pause();
      if (!this.isStopped) await next();
    })();
    this.emitStatus();
  }

  /** The role that leads cannot start, or has to stay away from the federation. */
  private cannotLead(role: Coordinator, error: unknown): void {
    if (this.isStopped || role !== this.role || !this.leads) return;
    const code = error instanceof FtteError ? error.code : '';
    if (isDeposed(error)) this.leadership.lose();
    // It waits for `reset`, and no other one could read the log either.
    else if (lasting.includes(code) || code === 'checkpoint-damaged') this.fail(error);
    else this.giveUp(asError(error));
  }

  /** Lets another coordinator lead, and tries again after a pause: the reason may pass, or be one of this machine. */
  private giveUp(error: Error): void {
    const isNews = this.failure?.message !== error.message;
    const pauseMs = error instanceof FtteError && error.code === 'offline' ? 0 : this.pauses.next();
    this.failure = error;
    if (this.first) this.first.reject(error);
    else if (isNews) this.emit('problem', error);
    this.first = undefined;
    const text = `this coordinator gives up the lead, because it cannot work: ${error.message}. Another one with this log may lead, and this one tries again`;
    this.notices.say({
      code: 'lead-given-up',
      level: 'warning',
      text,
      details: { reason: noticeCodeOf(error) },
    });
    this.stepDown(async () => {
      // Only now: until here it may have written.
      await this.leadership.stop();
      if (!this.isStopped)
        this.retry = this.clock.after(pauseMs, () => this.waitAgain(), { holdsProcess: true });
    });
  }

  private waitAgain(): void {
    if (this.isStopped) return;
    this.awaitsBroker = !this.isOnline;
    if (this.isOnline) this.wait();
  }

  private connection(isOnline: boolean): void {
    this.isOnline = isOnline;
    if (isOnline && this.awaitsBroker) this.waitAgain();
    this.watchConnection();
  }

  /** Without the broker, a leader gives the lead up after a time, and one that stands by does not ask for it. */
  private watchConnection(): void {
    if (this.leads && !this.isOnline) this.cutOff.away();
    else this.cutOff.stop();
    const standsBy = !this.leads && this.leader !== undefined;
    if (this.isOnline || !standsBy || !this.leadership.isWaiting) return;
    this.awaitsBroker = true;
    void this.leadership.stop();
  }

  /** Another coordinator has taken the federation over at the broker: one with this log, or a stranger. */
  private contested(role: Coordinator, error: FtteError): void {
    const isOver = () => this.isStopped || !this.leads || role !== this.role;
    if (isOver()) return;
    this.leadership
      .verify()
      .catch(() => false)
      .then((isLeader) => {
        // It may have given the lead up meanwhile, or have lost it.
        if (isOver()) return;
        if (isLeader) this.refused(role, error);
        else this.leadership.lose();
      });
  }

  /** A stranger has taken the federation over: a person has to decide. */
  private refused(role: Coordinator, error: FtteError): void {
    this.leads = false;
    this.leader = undefined;
    this.problem = error;
    this.awaitsBroker = false;
    this.retry?.cancel();
    this.listenToNone();
    this.watchConnection();
    this.changing = role
      .stop({ isReplaced: true })
      .catch((failure) => this.emit('problem', failure))
      // Only now: until here it may have written.
      .then(() => this.leadership.stop());
    const { first } = this;
    this.first = undefined;
    if (first) first.reject(error);
    else this.emit('problem', error);
    this.emitStatus();
  }

  private settle(): void {
    this.first?.resolve();
    this.first = undefined;
  }

  private fail(error: unknown): void {
    if (this.isStopped || isDeposed(error)) return;
    const { first } = this;
    this.first = undefined;
    // Another one with the same log may reach what this one does not.
    if (error instanceof FtteError && lasting.includes(error.code)) {
      this.problem = error;
      this.leads = false;
      void this.leadership.stop();
    }
    if (first) first.reject(error);
    else this.emit('problem', asError(error));
    this.emitStatus();
  }
}

import { type Clock, FtteError, messageOf, type Random, systemClock, systemRandom } from '../platform';
import { gatewayPrivacy } from '../task';
import { Coordinator } from './coordinator';
import { type CoordinatorRole, DelegatingCoordinator } from './delegating-coordinator';
import { Leadership } from './lease/leadership';
import type { CoordinatorOptions } from './options';
import type { CoordinatorStatus, SharedLogStatus } from './reports';
import { isDeposed, type LogLeader, type SharedLog } from './storage';

/** Creates a coordinator. One with a log on a server leads while it has the lease of the log. @throws FtteError `config-invalid` */
export const createRole = (options: CoordinatorOptions): CoordinatorRole =>
  options.sharedLog ? new FailoverCoordinator(options, options.sharedLog) : new Coordinator(options);

/**
 * One of several coordinators with one log. It stands by while another one leads, leads when it has the lease of the log,
 * and stands by again when it was replaced. Each time it leads with a new `Coordinator`, which begins with what is in the log.
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
    const { leads, leader, problem, role, log } = this;
    const { status } = role;
    const shared = { place: log.place, leads, leader };
    if (leads || this.isStopped) return { ...status, shared };
    const waiting = undefined;
    if (problem) return { ...status, shared, waiting, phase: 'refused', problem: problem.message };
    // Its role may be one that was replaced, and has stopped.
    return { ...status, shared, waiting, phase: leader ? 'standby' : 'starting' };
  }

  /**
   * Takes the lead if it is free, and starts then. Otherwise, and while the log is away, this resolves, and it leads later.
   * @throws FtteError as `Coordinator.start`; `config-invalid` if a package for the log is missing
   */
  async start(): Promise<void> {
    if (this.isStarted) throw new FtteError('not-ready', 'the coordinator is already started');
    this.isStarted = true;
    const first = new Promise<void>((resolve, reject) => {
      this.first = { resolve, reject };
    });
    this.wait();
    await first;
  }

  async stop(): Promise<void> {
    if (this.isStopped) return;
    this.isStopped = true;
    this.settle();
    await this.changing;
    // Still as the leader: its last checkpoint is to be written.
    await this.role.stop();
    await this.starting;
    await this.leadership.stop();
    this.listenToNone();
    await this.log.close();
  }

  private createRole(): Coordinator {
    const role = new Coordinator({ ...this.options, onReplaced: (error) => this.contested(error) });
    this.listenTo(role, {
      onProblem: (problem) => {
        if (isDeposed(problem)) this.leadership.lose();
        else this.emit('problem', problem);
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
    this.starting = this.role.start().then(
      () => this.settle(),
      (error) => this.fail(error),
    );
    this.emitStatus();
  }

  private standBy(leader: LogLeader): void {
    this.leader = leader;
    const { coordinator, sinceMs } = leader;
    const text = `${coordinator} leads this federation since ${new Date(sinceMs).toISOString()}: this coordinator stands by, and takes over if that one ends`;
    this.say({ code: 'leader', level: 'info', text, details: { coordinator } });
    this.settle();
    this.emitStatus();
  }

  /** Another coordinator has the lease of the log: nothing of this one counts any more. */
  private replaced(): void {
    if (this.isStopped) return;
    this.leads = false;
    this.leader = undefined;
    this.listenToNone();
    const { role } = this;
    this.settle();
    this.changing = (async () => {
      await role.stop({ isReplaced: true }).catch((error) => this.emit('problem', error));
      this.role = this.createRole();
      // By hand, or because the model diverged: the cause is still there.
      if (role.isPaused) this.role.pause();
      if (!this.isStopped) this.wait();
    })();
    this.emitStatus();
  }

  /** Another coordinator has taken the federation over at the broker: one with this log, or a stranger. */
  private contested(error: FtteError): void {
    this.leadership.verify().then(
      (isLeader) => {
        if (isLeader) void this.leadership.stop().then(() => this.refused(error));
        else this.leadership.lose();
      },
      () => this.leadership.lose(),
    );
  }

  private refused(error: FtteError): void {
    if (this.isStopped) return;
    this.leads = false;
    this.leader = undefined;
    this.problem = error;
    this.listenToNone();
    this.changing = this.role.stop({ isReplaced: true }).catch((failure) => this.emit('problem', failure));
    this.emit('problem', error);
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
    if (error instanceof FtteError && ['second-coordinator', 'config-invalid'].includes(error.code)) {
      this.problem = error;
      this.leads = false;
      void this.leadership.stop();
    }
    if (first) first.reject(error);
    else this.emit('problem', error instanceof Error ? error : new Error(messageOf(error)));
    this.emitStatus();
  }
}

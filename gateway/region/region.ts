import {
  Coordinator,
  type CoordinatorOptions,
  type CoordinatorStatus,
  DelegatingCoordinator,
  type UpdateFate,
} from '../coordinator';
import type { ImportanceScores } from '../model';
import { codeOfRejection, ModelFollower, refusalCode, refusalText, type TaskRefusal } from '../participant';
import {
  asError,
  type Clock,
  CutOffTimer,
  cutOffMs,
  DiskWrites,
  FtteError,
  type Log,
  messageOf,
  type Notice,
  NoticeCounter,
  type Random,
  silentLog,
  systemClock,
  systemRandom,
  Throttle,
} from '../platform';
import type { Session } from '../session';
import { modelKey, type Task } from '../task';
import type { TransportState } from '../transport';
import type { Ack } from '../wire';
import { type KnownAbove, readAbove, writeAbove } from './above-file';
import { Adoption } from './adoption';
import { CutOffWatch } from './cut-off-watch';
import { Exchange } from './exchange';
import { regionStatus, statusBefore } from './region-status';
import { automaticPace, type PaceSetting, SendingPace } from './sending-pace';
import { taskOfRegion } from './task-of-region';
import { Uplink } from './uplink';

/** The connection of a region with the federation above, in which it is a gateway. */
export interface RegionAbove {
  readonly session: Session;
  /** Calls the listener at once and on each change of the connection. */
  readonly onConnection: (listener: (state: TransportState, error?: Error) => void) => () => void;
  /** When updates are sent. Default: chosen by the number of gateways, and by the task above. */
  readonly pace?: PaceSetting;
  /** The copy of the model above, which others use, too, and which they start and stop. Default: one of the region's own. */
  readonly follower?: ModelFollower;
}

/** Options of a region: those of its coordinator, but for what comes from the federation above. */
export interface RegionOptions extends Omit<CoordinatorOptions, 'task' | 'initial' | 'region'> {
  /** The region's own rules of aggregation and privacy, in a task that is otherwise the one above. Undefined: that one. */
  readonly task: Task | undefined;
  readonly above: RegionAbove;
  /** Memory for held-out windows of a task, in place of `heldOutBytes`. */
  readonly heldOutBytesOf?: (task: Task) => number;
}

/** A status is emitted at most once in this time. */
const statusIntervalMs = 250;

/**
 * A region: the coordinator of a federation that is itself one gateway of the federation above. It takes the task and the model
 * from there, sends one update for many versions of its own, and goes on by itself while it is cut off. It is used like a
 * `Coordinator`; there is one at work as soon as the task above is known, and another one when that describes other work.
 */
export class Region extends DelegatingCoordinator {
  private readonly clock: Clock;
  private readonly random: Random;
  private readonly log: Log;
  private readonly follower: ModelFollower;
  private readonly uplink: Uplink;
  private readonly exchange: Exchange;
  private readonly pace: SendingPace;
  private readonly notices: NoticeCounter;
  private readonly cutOff: CutOffWatch;
  /** Says that nothing comes from the federation above although its broker is connected. */
  private readonly silence: CutOffTimer;
  private readonly statusChanges: Throttle;
  private current: { readonly coordinator: Coordinator; readonly above: Task } | undefined;
  /** The newest task above that this region can take. */
  private wanted: Task | undefined;
  private refusal: string | undefined;
  /** The reason for which the owner of this gateway does not let it take the newest task. The one before it stays. */
  private heldBack: string | undefined;
  private counted = 0;
  private stopped = false;
  private started = false;
  private changing: Promise<void> = Promise.resolve();
  private readonly ends: (() => void)[] = [];
  private paused = false;
  private readonly disk: DiskWrites;
  /** The reason for which what is known of the federation above cannot be read or written. */
  private trouble: string | undefined;
  private readonly adopting = new Adoption();

  constructor(private readonly options: RegionOptions) {
    super();
    const { above } = options;
    const { clock = systemClock, random = systemRandom(), log = silentLog, yieldToEventLoop } = options;
    this.clock = clock;
    this.random = random;
    this.log = log;
    this.notices = new NoticeCounter(clock, (notice) => this.emit('notice', notice));
    this.cutOff = new CutOffWatch(clock, (notice) => this.say(notice));
    this.silence = new CutOffTimer(clock, () => {
      const { federation } = above.session;
      const text = `no task has come from the federation above, ${federation}, for ${cutOffMs / 1000} s, although its broker is connected: start its coordinator, or correct the name of that federation; two federations that are part of each other never begin`;
      this.say({ code: 'no-coordinator', level: 'warning', text });
    });
    this.disk = new DiskWrites({ clock, random, onStorage: (problem) => this.onStorage(problem) });
    this.statusChanges = new Throttle(clock, statusIntervalMs, () => this.emit('status', this.status));
    const turn = yieldToEventLoop && { yieldToEventLoop };
    this.follower =
      above.follower ?? new ModelFollower({ session: above.session, clock, random, log, ...turn });
    this.uplink = new Uplink({
      ...above,
      ...{ follower: this.follower, clock, random, log },
      modelBytes: () => 4 * (this.follower.layout?.size ?? 0),
      onSettled: (fate, ack) => this.settled(fate, ack),
      onNotice: (notice) => this.say(notice),
      onProblem: (problem) => this.emit('problem', problem),
      onOnline: (online) => this.onOnline(online),
    });
    this.pace = new SendingPace({
      setting: above.pace ?? automaticPace,
      clock,
      longestMs: () => this.wanted?.aggregation.maxWaitMs ?? 60_000,
      onDue: () => this.exchange.wake(),
    });
    this.exchange = new Exchange({
      ...{ follower: this.follower, uplink: this.uplink, pace: this.pace, random, log },
      current: () =>
        this.refusal === undefined && this.current?.above === this.wanted ? this.current : undefined,
      onCounted: () => {
        this.counted++;
      },
      onUnreadable: (id, { message }) =>
        this.giveUp({ id, detail: message }, 'an update of this region cannot be read'),
      onProblem: (problem) => this.emit('problem', problem),
      onChange: () => this.changed(),
    });
  }

  /**
   * Resolves when a coordinator works on the task above, or the folder fails: it then begins when that works again. Rejects if the
   * region cannot begin: its own task differs from the one above, or another process has its folder.
   */
  get adoption(): Promise<void> {
    return this.adopting.done;
  }

  get status(): CoordinatorStatus {
    const { uplink, stopped, counted, pace } = this;
    const { coordinator } = this.current ?? {};
    const { online } = uplink;
    const status = coordinator?.status ?? statusBefore(online, stopped);
    const problem = this.refusal ?? this.trouble ?? (coordinator ? undefined : this.heldBack);
    const refused = problem === undefined || stopped ? {} : ({ phase: 'refused', problem } as const);
    const { federation } = this.options.above.session;
    return {
      ...status,
      ...refused,
      region: regionStatus({ federation, online, counted, pace }, coordinator),
    };
  }

  /** As `Coordinator.importance`. */
  override get importance(): ImportanceScores | undefined {
    return this.current?.coordinator.importance;
  }

  /**
   * Connects with the federation above, and starts the coordinator if its task is known from an earlier run; otherwise, it starts
   * when the task arrives.
   * @throws FtteError as `Coordinator.start`
   */
  async start(): Promise<void> {
    if (this.started) throw new FtteError('not-ready', 'the region is already started');
    this.started = true;
    this.disk.start();
    try {
      await this.begin();
    } catch (error) {
      if (this.stopped) return;
      // Nobody waits for the start any more after its folder has failed.
      if (!this.adopting.isOver) throw error;
      this.emit('problem', asError(error));
    }
  }

  private async begin(): Promise<void> {
    const known = await this.read((text) => this.log.warn(text, 'storage'));
    if (this.stopped) return;
    this.ends.push(this.follower.on('task', ({ task, lineage }) => this.takeTask(task, lineage)));
    this.ends.push(this.follower.on('version', () => this.takeVersion()));
    this.ends.push(this.follower.on('refusal', (refusal) => this.takeRefusal(refusal)));
    this.ends.push(this.follower.follow());
    this.takeKnown();
    this.cutOff.disconnected();
    await this.uplink.start();
    // One that does not fit a new task of this region says nothing: the one above may have changed, too.
    if (known && !this.wanted && this.refusalOf(known.task) === undefined) {
      this.wanted = known.task;
      await this.change();
    }
  }

  async stop(): Promise<void> {
    if (this.stopped) return;
    this.stopped = true;
    for (const end of this.ends.splice(0)) end();
    this.disk.stop();
    await this.exchange.stop();
    // A change may wait for the start of this one, which ends with it.
    const { current } = this;
    await current?.coordinator.stop();
    await this.changing.catch(() => undefined);
    if (this.current?.coordinator !== current?.coordinator) await this.current?.coordinator.stop();
    await this.uplink.stop();
    if (!this.options.above.follower) await this.follower.stop();
    this.cutOff.stop();
    this.silence.stop();
    this.statusChanges.stop();
    this.notices.stop();
    if (!this.current) this.emit('status', this.status);
  }

  override exclude(gateway: string): number {
    return this.current?.coordinator.exclude(gateway) ?? 0;
  }

  override say(notice: Omit<Notice, 'count'>): void {
    if (!this.stopped) this.notices.say(notice);
  }

  override pause(): void {
    this.paused = true;
    this.current?.coordinator.pause();
  }

  override resume(): void {
    this.paused = false;
    this.current?.coordinator.resume();
  }

  /** @throws FtteError `not-ready` */
  protected get role(): Coordinator {
    if (this.current) return this.current.coordinator;
    throw new FtteError(
      'not-ready',
      this.refusal ??
        this.heldBack ??
        'the region has no task yet: nothing has arrived from the federation above',
    );
  }

  /** Starts the copy of the model above, or takes what a shared one has. */
  private takeKnown(): void {
    const { follower } = this;
    if (!this.options.above.follower) {
      follower.start().catch((error) => {
        if (!this.stopped) this.emit('problem', asError(error));
      });
      return;
    }
    if (follower.refusal) this.takeRefusal(follower.refusal);
    if (follower.task && follower.lineage !== undefined) this.takeTask(follower.task, follower.lineage);
  }

  private takeRefusal(refusal: TaskRefusal | undefined): void {
    if (refusal) this.silence.stop();
    this.heldBack = refusal && refusalText(refusal);
    if (refusal) this.say({ code: refusalCode(refusal), level: 'warning', text: refusalText(refusal) });
    this.changed();
  }

  private takeTask(task: Task, lineage: string): void {
    this.silence.stop();
    const refusal = this.refusalOf(task);
    this.refusal = refusal && messageOf(refusal);
    if (refusal) {
      this.emit('problem', refusal);
      this.adopting.fail(refusal);
      this.changed();
      return;
    }
    this.wanted = task;
    this.uplink.setLineage(lineage);
    this.changeSoon();
    const { importance } = this.follower;
    const { coordinator } = this.current ?? {};
    if (importance && coordinator?.isReady && coordinator.importance?.version !== importance.version)
      coordinator.region.useScores(importance);
  }

  /** The reason why this region cannot take a task; undefined if it can. */
  private refusalOf(task: Task): Error | undefined {
    try {
      taskOfRegion(task, this.options.task);
      return undefined;
    } catch (error) {
      return asError(error);
    }
  }

  private takeVersion(): void {
    this.changeSoon();
    this.exchange.wake();
  }

  private changeSoon(): void {
    this.change().catch((error) => {
      if (this.stopped) return;
      this.emit('problem', asError(error));
      this.adopting.fail(asError(error));
    });
  }

  /** Starts a coordinator for the newest task, after the end of the one before it. */
  private change(): Promise<void> {
    const next = this.changing
      .catch(() => undefined)
      .then(() => this.changeNow())
      .finally(() => this.exchange.wake());
    this.changing = next;
    return next;
  }

  private async changeNow(): Promise<void> {
    const { wanted, current, options, follower } = this;
    if (!wanted || this.stopped || current?.above === wanted) return;
    const task = taskOfRegion(wanted, options.task);
    if (current && JSON.stringify(current.coordinator.task) === JSON.stringify(task)) {
      await this.remember(wanted);
      if (!this.stopped) this.current = { coordinator: current.coordinator, above: wanted };
      return;
    }
    const known = await this.read(() => undefined);
    const isKnown = known !== undefined && modelKey(known.task) === modelKey(wanted);
    // A new model is that of the federation above, and comes after its task.
    if (!isKnown && !follower.parameters) return;
    // Before a checkpoint names a version of this federation, and while the coordinator before still works.
    await this.remember(wanted);
    // A newer task has its own turn.
    if (this.stopped || this.wanted !== wanted) return;
    await this.exchange.idle();
    this.listenToNone();
    await current?.coordinator.stop();
    if (this.stopped) return;
    const { parameters, version, lineage } = follower;
    const start = parameters && lineage !== undefined ? { lineage, version } : undefined;
    const { task: _, above: __, heldOutBytesOf, ...rest } = options;
    const coordinator = new Coordinator({
      ...rest,
      ...{ clock: this.clock, random: this.random, log: this.log, task },
      ...(start && { initial: parameters }),
      ...(heldOutBytesOf && { heldOutBytes: heldOutBytesOf(task) }),
      region: { start, importance: follower.importance },
    });
    this.listenTo(coordinator, { onChange: () => this.exchange.wake() });
    // By hand, or because the model diverged: the cause is still there.
    if (this.paused || current?.coordinator.isPaused) coordinator.pause();
    this.current = { coordinator, above: wanted };
    await coordinator.start();
    this.adopting.succeed();
  }

  /** Reads what was known of the federation above, as soon as the folder can be used. */
  private read(onDamage: (text: string) => void): Promise<KnownAbove | undefined> {
    const { folder, above } = this.options;
    return this.disk.until(() => readAbove(folder, above.session.federation, onDamage));
  }

  private remember(task: Task): Promise<void> {
    const { folder, above } = this.options;
    return this.disk.until(() => writeAbove(folder, { federation: above.session.federation, task }));
  }

  private onStorage(problem: FtteError | undefined): void {
    this.trouble = problem?.message;
    if (problem) {
      this.emit('problem', problem);
      this.adopting.succeed();
    } else
      this.say({
        code: 'storage-recovered',
        level: 'info',
        text: `the folder ${this.options.folder} can be used again`,
      });
    this.changed();
  }

  private settled(fate: UpdateFate, { id, reason, detail }: Ack): void {
    if (reason === 'future-version') this.follower.invalidate();
    if (fate === 'returned') this.log.debug?.(`an update goes up again with the next one: ${reason}`);
    if (fate === 'given-up')
      this.giveUp({ id, reason, detail }, 'the federation above refused an update of this region');
    this.exchange.settle(id, fate);
  }

  private giveUp(details: Pick<Ack, 'id' | 'reason' | 'detail'>, text: string): void {
    const { reason, detail } = details;
    const why = [reason, detail].filter(Boolean).join(': ') || 'it gave no reason';
    this.say({ code: codeOfRejection(reason), level: 'warning', text: `${text}: ${why}`, details });
  }

  private onOnline(online: boolean): void {
    if (online && !this.wanted && !this.heldBack && this.refusal === undefined) this.silence.away();
    else this.silence.stop();
    if (online) {
      this.cutOff.connected();
      this.exchange.wake();
    } else if (!this.stopped) this.cutOff.disconnected();
    this.changed();
  }

  private changed(): void {
    if (!this.stopped && this.hasListener('status')) this.statusChanges.request();
  }
}

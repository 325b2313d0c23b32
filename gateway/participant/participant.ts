import { FtteError, messageOf, silentLog, Throttle, TypedEmitter } from '../platform';
import type { Selection } from '../selection';
import { type Sample, SampleStore } from '../stream';
import type { Task } from '../task';
import type { Update } from '../wire';
import { HelloSender } from './hello-sender';
import type { TaskEvent } from './model/follower-events';
import type { ParticipantOptions } from './options';
import { Outbox } from './outbox/outbox';
import { UpdateSender } from './outbox/update-sender';
import { ParticipantNotices } from './participant-notices';
import type { ParticipantEvents } from './reports/events';
import { roundReport } from './reports/round-report';
import type { ParticipantPhase, ParticipantStatus } from './reports/status';
import { CurrentPlan } from './rounds/current-plan';
import { GrantRequester, type RoundBase } from './rounds/grant-requester';
import { rememberingChooser } from './rounds/plan-chooser';
import { RoundRunner } from './rounds/round-runner';
import { RoundScheduler } from './rounds/round-scheduler';
import type { TrainNowResult } from './rounds/round-trigger';
import { PersistedSamples } from './samples/persisted-samples';

/** Windows arrive many times per second. The status after them is emitted at most once in this time. */
const windowsIntervalMs = 250;

/**
 * The role of a gateway: it stores labelled windows, trains the planned part of the model on them when a round is due,
 * and sends the change to the coordinator. Windows stay here; only the update leaves the gateway.
 */
export class Participant extends TypedEmitter<ParticipantEvents> {
  /** The samples for training. They can be given to the next participant. */
  readonly store: SampleStore;

  private readonly notices: ParticipantNotices;
  private readonly plan: CurrentPlan;
  private readonly helloSender: HelloSender;
  private readonly kept: PersistedSamples;
  private readonly outbox: Outbox;
  private readonly sender: UpdateSender;
  private readonly scheduler: RoundScheduler;
  private readonly grants: GrantRequester;
  private readonly unsubscribes: (() => void)[] = [];

  private started = false;
  private stopped = false;
  private online = false;
  /** The lineage of the last task that was accepted. */
  private lineage: string | undefined;
  /** The version of the last granted round. */
  private grantedVersion = -1;
  /** The base of a granted round that has not begun yet, because its plan is being chosen. */
  private granted: RoundBase | undefined;
  private rounds = 0;
  private refusedWindows = 0;
  private lastEmitted = '';
  private readonly windowChanges: Throttle;

  constructor(private readonly options: ParticipantOptions) {
    super();
    const { clock, random } = options;
    const log = options.log ?? silentLog;
    this.windowChanges = new Throttle(clock, windowsIntervalMs, () => this.emitStatus());
    this.onListenerError = (error, event) =>
      log.error(`listener of ${event}: ${messageOf(error)}`, 'unexpected');
    this.notices = new ParticipantNotices({
      log,
      onNotice: (notice) => this.emit('notice', notice),
      onProblem: (problem) => this.emit('problem', problem),
    });
    const { notices } = this;
    const onProblem = (error: unknown) => notices.problem(error);
    this.plan = new CurrentPlan({
      ...options,
      chooser: options.choosePlan ?? rememberingChooser(),
      onSettled: () => this.takePlan(),
      onProblem,
    });
    this.helloSender = new HelloSender({ ...options, plan: this.plan, instance: random.hex(8), onProblem });
    this.store = options.store ?? new SampleStore({ capacity: options.storeCapacity ?? 1024, random });
    this.kept = new PersistedSamples({ store: this.store, file: options.storeFile, clock, onProblem });
    this.outbox = new Outbox({
      session: options.session,
      folder: options.outboxFolder,
      ...options.outboxLimits,
      onProblem,
      onOverflow: () => notices.outboxFull(),
    });
    this.sender = new UpdateSender({
      ...options,
      outbox: this.outbox,
      introduce: () => this.helloSender.announce(),
      onRejected: (ack) => {
        notices.updateRejected(ack);
        if (ack.reason === 'future-version') options.follower.invalidate();
      },
      onExpired: (count, lineage) => notices.updatesExpired(count, lineage),
      onChange: () => this.emitStatus(),
      onProblem,
    });
    const onSkip = (text: string) => notices.roundSkipped(text);
    const runner = new RoundRunner({
      ...options,
      store: this.store,
      selection: (version) => this.plan.selectionFor(version),
      onUpdate: (update, selection) => this.takeUpdate(update, selection),
      onSkip,
      onNothing: () => this.grants.handBack(),
      onFailure: (error) => notices.roundFailed(error),
    });
    this.scheduler = new RoundScheduler({
      ...options,
      runner,
      askForGrant: () => {
        this.grants.ask();
        this.emitStatus();
      },
      onSkip,
      onChange: () => this.emitStatus(),
    });
    this.grants = new GrantRequester({
      ...options,
      onGrant: (base) => {
        this.grantedVersion = base.version;
        this.granted = base;
        this.plan.whenSettled(() => this.beginGranted());
      },
      onProblem,
    });
  }

  get status(): ParticipantStatus {
    const { follower } = this.options;
    return {
      phase: this.phase(),
      online: this.online,
      lineage: follower.lineage,
      version: follower.following ? follower.version : this.grantedVersion,
      samples: this.store.size,
      rounds: this.rounds,
      outbox: this.outbox.size,
      skippedRounds: this.scheduler.skipped,
      refusedWindows: this.refusedWindows,
      memory: this.plan.selection?.memory,
      problem: this.plan.refusal,
    };
  }

  /** Resolves without waiting for a connection. */
  async start(): Promise<void> {
    if (this.started) return;
    this.started = true;
    const { follower, trainer, onConnection } = this.options;
    await this.kept.load();
    await this.outbox.open();
    if (this.stopped) return;
    this.unsubscribes.push(follower.on('task', (event) => this.takeTask(event)));
    this.unsubscribes.push(follower.on('version', () => this.takeVersion()));
    const offRestart = trainer.onRestart?.((error) => {
      if (!this.scheduler.running) this.notices.engineRestarted(error);
    });
    if (offRestart) this.unsubscribes.push(offRestart);
    for (const role of [this.sender, this.grants]) {
      role.start().catch((error) => {
        if (!this.stopped) this.notices.problem(error);
      });
    }
    if (onConnection) this.unsubscribes.push(onConnection((state) => this.setOnline(state === 'online')));
    else this.setOnline(true);
    const { task, model, modelKey, lineage } = follower;
    if (task && model && lineage) this.takeTask({ task, model, modelKey, lineage, newLineage: true });
    this.scheduler.start();
    this.emitStatus();
  }

  /** Ends the round that runs, keeps the outbox, and closes the engine. */
  async stop(): Promise<void> {
    if (this.stopped) return;
    this.stopped = true;
    for (const off of this.unsubscribes.splice(0)) off();
    this.plan.stop();
    this.windowChanges.stop();
    await this.scheduler.stop();
    await this.grants.stop();
    await this.sender.stop();
    if (this.started) await this.kept.save();
    await this.options.trainer.close();
    this.emitStatus();
  }

  /**
   * Stores a sample.
   * @throws FtteError `not-ready` (no task yet), `window-shape`, `window-not-finite`, `label-unknown`, `not-labelled`;
   * nothing is stored then, and the window counts as refused
   */
  add(sample: Sample): void {
    if (!this.options.follower.task || this.stopped) {
      throw new FtteError(
        'not-ready',
        this.stopped ? 'stopped' : 'no task has arrived yet: is a coordinator running?',
      );
    }
    try {
      this.store.add(sample);
    } catch (error) {
      this.countRefused();
      throw error;
    }
    this.scheduler.addWindow();
    this.windowChanges.request();
  }

  /** Counts a window as refused that could not be made into a sample. */
  countRefused(): void {
    this.refusedWindows++;
    this.windowChanges.request();
  }

  /**
   * Starts a round, or requests one if rounds are granted. Does nothing if a round runs or there are too few samples.
   */
  trainNow(): TrainNowResult {
    return this.scheduler.startNow();
  }

  pause(): void {
    this.scheduler.paused = true;
    this.grants.withdraw();
    this.emitStatus();
  }

  resume(): void {
    this.scheduler.paused = false;
    this.scheduler.startIfDue();
    this.emitStatus();
  }

  /** Deletes all stored samples. */
  async forget(): Promise<void> {
    this.grants.withdraw();
    await this.kept.forget().finally(() => this.emitStatus());
  }

  /** Changes the memory budget. The next round gets a new plan, and a new hello is sent. */
  setBudget(budgetBytes: number): void {
    if (budgetBytes === this.plan.budgetBytes) return;
    this.plan.budgetBytes = budgetBytes;
    this.helloSender.announceIfOnline();
    this.plan.whenSettled(() => this.scheduler.startIfDue());
    this.emitStatus();
  }

  private phase(): ParticipantPhase {
    const { follower } = this.options;
    if (this.stopped) return 'stopped';
    if (this.scheduler.running) return 'training';
    if (this.scheduler.paused) return 'paused';
    if (this.plan.refusal !== undefined) return 'refused';
    if (!follower.task) return 'waiting-task';
    if (this.grants.waiting) return 'waiting-grant';
    if (!follower.trainable) return 'waiting-model';
    return this.plan.pending ? 'planning' : 'collecting';
  }

  private takeTask({ task, lineage, newLineage }: TaskEvent): void {
    const dropped = this.store.fit(task);
    if (dropped > 0) this.notices.samplesDropped(dropped);
    this.plan.choose();
    if (newLineage && lineage !== this.lineage) {
      if (this.lineage !== undefined) {
        this.scheduler.cancel();
        this.notices.lineageChanged(lineage, this.lineage);
      }
      this.lineage = lineage;
      this.grantedVersion = -1;
      this.sender.setLineage(lineage).catch((error) => this.notices.problem(error));
    }
    this.helloSender.announceIfOnline();
    this.plan.whenSettled(() => this.requestAgain(task));
    this.emitStatus();
  }

  /** Repeats the request for a round, because the task may have another lineage, or may not need grants. */
  private requestAgain(task: Task): void {
    if (this.granted) return;
    if (this.grants.waiting) {
      this.grants.rest();
      this.scheduler.startNow();
    } else if (task.aggregation.participation.kind === 'granted') this.scheduler.startIfDue();
  }

  private beginGranted(): void {
    const base = this.granted;
    if (!base) return;
    this.granted = undefined;
    if (base.lineage === this.options.follower.lineage && this.scheduler.startFrom(base)) return;
    this.grants.handBack();
    this.scheduler.startIfDue();
  }

  /** Takes the plan that was being made, or the refusal. */
  private takePlan(): void {
    if (!this.scheduler.running && !this.grants.waiting) this.scheduler.startIfDue();
    this.emitStatus();
  }

  private setOnline(online: boolean): void {
    if (online === this.online) return;
    this.online = online;
    this.helloSender.setOnline(online);
    this.sender.setOnline(online);
    this.grants.setOnline(online);
    this.emitStatus();
  }

  private takeVersion(): void {
    this.scheduler.startIfDue();
    this.emitStatus();
  }

  private async takeUpdate(update: Update, selection: Selection): Promise<void> {
    const message = this.options.session.encode(update);
    this.grants.fulfilled();
    await this.sender.add(update, message);
    this.options.log?.debug?.(
      `update ${update.id} is stored: ${message.length} bytes, ${this.outbox.size} not acknowledged`,
    );
    this.rounds++;
    const { rounds: round, refusedWindows, plan } = this;
    const { budgetBytes } = plan;
    this.emit(
      'round',
      roundReport(update, { round, updateBytes: message.length, budgetBytes, refusedWindows, ...selection }),
    );
    this.emit('update', message);
    plan.adaptTo(update);
    await this.kept.saveSometimes();
  }

  /** Emits the status if it has changed since it was last emitted. */
  private emitStatus(): void {
    if (!this.hasListener('status')) return;
    const state = this.status;
    const text = JSON.stringify(state);
    if (text === this.lastEmitted) return;
    this.lastEmitted = text;
    this.emit('status', state);
  }
}

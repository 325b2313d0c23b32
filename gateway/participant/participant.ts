import { parameterLayout, planSegments } from '../model';
import { FtteError, messageOf, silentLog, Throttle, TypedEmitter } from '../platform';
import type { Sample, SampleStore } from '../stream';
import { describeTraining, maskedFactor, type Task } from '../task';
import type { RoundUpdate, Update } from '../wire';
import { type Components, createComponents } from './components';
import type { TaskEvent } from './model/follower-events';
import type { ParticipantOptions } from './options';
import type { TaskRefusal } from './policy';
import type { ParticipantEvents } from './reports/events';
import { roundReport } from './reports/round-report';
import type { ParticipantStatus } from './reports/status';
import type { RoundBase } from './rounds/grant-requester';
import type { RoundRequest } from './rounds/round-runner';
import type { TrainNowResult } from './rounds/round-trigger';
import { statusOf } from './status-of';

/** Windows arrive many times per second. The status after them is emitted at most once in this time. */
const windowsIntervalMs = 250;

/**
 * The role of a gateway: it stores labelled windows, trains the planned part of the model on them when a round is due,
 * and sends the change to the coordinator. Windows stay here; only the update leaves the gateway.
 */
export class Participant extends TypedEmitter<ParticipantEvents> {
  private readonly components: Components;
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
    const log = options.log ?? silentLog;
    this.windowChanges = new Throttle(options.clock, windowsIntervalMs, () => this.emitStatus());
    this.onListenerError = (error, event) =>
      log.error(`listener of ${event}: ${messageOf(error)}`, 'unexpected');
    this.components = createComponents(options, {
      onNotice: (notice) => this.emit('notice', notice),
      onProblem: (problem) => this.emit('problem', problem),
      onPlan: () => this.takePlan(),
      onGrant: (base) => this.takeGrant(base),
      onUpdate: (update, request) => this.takeUpdate(update, request),
      onWaiting: (change) => this.emit('waiting', change),
      onChange: () => this.emitStatus(),
    });
  }

  /** The samples for training. They can be given to the next participant. */
  get store(): SampleStore {
    return this.components.store;
  }

  get status(): ParticipantStatus {
    const { stopped, online, grantedVersion, rounds, refusedWindows, components, options } = this;
    const condition = { stopped, online, grantedVersion, rounds, refusedWindows };
    return statusOf(condition, components, options.follower);
  }

  /** Resolves without waiting for a connection. */
  async start(): Promise<void> {
    if (this.started) return;
    this.started = true;
    const { follower, trainer, onConnection } = this.options;
    const { persistedSamples, persistedHeldOut, outbox, helloSender, sender, grants, scheduler } =
      this.components;
    const { store, notices, privacy } = this.components;
    await persistedSamples.open();
    await persistedHeldOut.open();
    await this.options.heldOut?.recall(store, this.options.yieldToEventLoop);
    await outbox.open();
    if (this.options.privacy?.folder !== undefined) await privacy.open();
    if (this.stopped) return;
    this.unsubscribes.push(follower.on('task', (event) => this.takeTask(event)));
    this.unsubscribes.push(follower.on('version', () => this.takeVersion()));
    this.unsubscribes.push(follower.on('refusal', (refusal) => this.takeRefusal(refusal)));
    if (follower.refusal) notices.taskRefused(follower.refusal);
    const offRestart = trainer.onRestart?.((error) => {
      if (!scheduler.running) notices.engineRestarted(error);
    });
    if (offRestart) this.unsubscribes.push(offRestart);
    for (const role of [helloSender, sender, grants]) {
      role.start().catch((error) => {
        if (!this.stopped) notices.problem(error);
      });
    }
    if (onConnection) this.unsubscribes.push(onConnection((state) => this.setOnline(state === 'online')));
    else this.setOnline(true);
    const { task, model, modelKey, lineage } = follower;
    if (task && model && lineage) this.takeTask({ task, model, modelKey, lineage, newLineage: true });
    scheduler.start();
    this.emitStatus();
  }

  /** Ends the round that runs, keeps the outbox, and closes the engine. */
  async stop(): Promise<void> {
    if (this.stopped) return;
    this.stopped = true;
    for (const off of this.unsubscribes.splice(0)) off();
    const { plan, scheduler, grants, helloSender, sender, outbox, persistedSamples, notices } =
      this.components;
    await this.components.masks?.stop();
    plan.stop();
    this.windowChanges.stop();
    await scheduler.stop();
    await grants.stop();
    await sender.stop();
    await helloSender.stop();
    await outbox.close();
    await persistedSamples.close();
    await this.components.persistedHeldOut.close();
    await this.options.trainer.close();
    notices.stop();
    this.emitStatus();
  }

  /**
   * Stores a sample, or holds it out.
   * @param stream person or device of the sample, if there are several
   * @throws FtteError `not-ready` (no task yet), `window-shape`, `window-not-finite`, `label-unknown`, `not-labelled`;
   * nothing is stored then, and the window counts as refused
   */
  add(sample: Sample, stream = ''): void {
    if (!this.options.follower.task || this.stopped) {
      throw new FtteError(
        'not-ready',
        this.stopped ? 'this gateway is closed' : 'no task has arrived yet: is a coordinator running?',
      );
    }
    try {
      const side = this.options.heldOut?.take(sample, stream) ?? 'train';
      if (side === 'train') this.store.add(sample);
    } catch (error) {
      this.countRefused();
      throw error;
    }
    this.components.progress.learned();
    this.components.scheduler.addWindow();
    this.windowChanges.request();
  }

  /** Counts a window as refused that could not be made into a sample. */
  countRefused(): void {
    this.refusedWindows++;
    this.windowChanges.request();
  }

  /** Counts a window that has no label, from which nothing is learned. */
  countUnlabelled(): void {
    this.components.progress.cameUnlabelled();
    this.windowChanges.request();
  }

  /**
   * Starts a round, or requests one if rounds are granted. Does nothing if a round runs or there are too few samples.
   */
  trainNow(): TrainNowResult {
    return this.components.scheduler.startNow();
  }

  /** The coordinator does not let this gateway in. @param text for a person, with what to do */
  reportRefusal(text: string, reason: string): void {
    this.components.notices.notAdmitted(text, reason);
  }

  /** The coordinator has let this gateway in after a refusal. */
  reportAdmission(): void {
    this.components.notices.admitted();
  }

  pause(): void {
    this.components.scheduler.paused = true;
    this.components.grants.withdraw();
    this.emitStatus();
  }

  resume(): void {
    this.components.scheduler.paused = false;
    this.components.scheduler.startIfDue();
    this.emitStatus();
  }

  /** Deletes all stored samples. */
  async forget(): Promise<void> {
    this.components.grants.withdraw();
    this.options.heldOut?.clear();
    const { persistedSamples, persistedHeldOut } = this.components;
    await Promise.all([persistedSamples.forget(), persistedHeldOut.forget()]).finally(() =>
      this.emitStatus(),
    );
  }

  /** Changes the memory budget. The next round gets a new plan, and a new hello is sent. */
  setBudget(budgetBytes: number): void {
    const { plan, helloSender, scheduler } = this.components;
    if (budgetBytes === plan.budgetBytes) return;
    plan.budgetBytes = budgetBytes;
    helloSender.announceIfOnline();
    plan.whenSettled(() => scheduler.startIfDue());
    this.emitStatus();
  }

  /** Resolves when no plan is being made; never, if the participant stops before that. */
  planned(): Promise<void> {
    return new Promise((resolve) => this.components.plan.whenSettled(resolve));
  }

  private takeTask({ task, lineage, newLineage }: TaskEvent): void {
    const { store, notices, plan, scheduler, sender, helloSender, privacy, masks } = this.components;
    // Before anything else: what waits without masks must not leave.
    sender.setMasked(this.asksForMasks, lineage);
    if (task.aggregation.masked) masks?.start().catch((error) => notices.problem(error));
    this.options.heldOut?.fit(task);
    const dropped = store.fit(task);
    const isRestart = newLineage && this.lineage !== undefined && lineage !== this.lineage;
    if (dropped > 0 && !isRestart) notices.samplesDropped(dropped);
    plan.choose();
    if (newLineage && lineage !== this.lineage) {
      if (this.lineage !== undefined) {
        scheduler.cancel();
        notices.lineageChanged(lineage, this.lineage, dropped);
      }
      this.lineage = lineage;
      this.grantedVersion = -1;
      sender.setLineage(lineage);
    }
    privacy.take(task).catch((error) => notices.problem(error));
    helloSender.announceIfOnline();
    plan.whenSettled(() => this.requestAgain(task));
    this.emitStatus();
  }

  private takeRefusal(refusal: TaskRefusal | undefined): void {
    // The coordinator has the task that waits already.
    if (this.lineage !== undefined) this.components.sender.setMasked(this.asksForMasks, this.lineage);
    if (refusal) this.components.notices.taskRefused(refusal);
    this.components.helloSender.announceIfOnline();
    this.emitStatus();
  }

  /** Repeats the request for a round, because the task may have another lineage, or may not need grants. */
  private requestAgain(task: Task): void {
    if (this.granted) return;
    const { grants, scheduler } = this.components;
    if (grants.waiting) {
      grants.rest();
      scheduler.startNow();
    } else if (task.aggregation.participation.kind === 'granted') scheduler.startIfDue();
  }

  private takeGrant(base: RoundBase): void {
    this.grantedVersion = base.version;
    this.granted = base;
    this.components.plan.whenSettled(() => this.beginGranted());
  }

  private beginGranted(): void {
    const base = this.granted;
    if (!base) return;
    const { grants, scheduler } = this.components;
    this.granted = undefined;
    if (base.lineage === this.options.follower.lineage && scheduler.startFrom(base)) return;
    grants.handBack();
    scheduler.startIfDue();
  }

  /** Takes the plan that was being made, or the refusal. */
  private takePlan(): void {
    const { grants, scheduler } = this.components;
    if (!scheduler.running && !grants.waiting) scheduler.startIfDue();
    this.emitStatus();
  }

  private setOnline(online: boolean): void {
    if (online === this.online) return;
    this.online = online;
    const { helloSender, sender, grants, progress, masks } = this.components;
    progress.answered();
    for (const each of [helloSender, sender, grants, masks]) each?.setOnline(online);
    this.emitStatus();
  }

  private takeVersion(): void {
    this.components.helloSender.announceIfChanged();
    this.components.scheduler.startIfDue();
    this.emitStatus();
  }

  private async takeUpdate(update: RoundUpdate, request: RoundRequest): Promise<void> {
    // These figures of a round stay here: the coordinator does not need them.
    const { durationMs, peakBytes, ...plain } = update;
    const { grants, sender, outbox, plan, progress } = this.components;
    const sent = request.task.aggregation.masked ? await this.masked(plain, request) : plain;
    this.requireMasks(sent);
    const message = this.options.session.encode(sent);
    grants.fulfilled();
    progress.learned();
    if (outbox.size === 0) progress.answered();
    await sender.add(sent, message);
    this.requireMasks(sent);
    this.options.log?.debug?.(
      `update ${update.id} is stored: ${message.length} bytes, ${outbox.size} not acknowledged`,
    );
    this.rounds++;
    const { rounds: round, refusedWindows } = this;
    const { budgetBytes } = plan;
    const training = describeTraining(request.task, request.shares !== undefined);
    const updateBytes = message.length;
    this.emit(
      'round',
      roundReport(update, {
        round,
        updateBytes,
        budgetBytes,
        refusedWindows,
        training,
        ...request.selection,
      }),
    );
    this.emit('update', message);
    plan.adaptTo(update);
  }

  /** Whether the task asks for masks, or one that waits to be accepted. */
  private get asksForMasks(): boolean {
    const { task, heldBackTask } = this.options.follower;
    return (task?.aggregation.masked ?? heldBackTask?.aggregation.masked) === true;
  }

  /** @throws FtteError `not-ready` for a plain update whose task has asked for masks meanwhile: it must not leave */
  private requireMasks({ masks }: Update): void {
    if (masks || !this.asksForMasks) return;
    const text =
      'the task asks for masked updates since the round began: its update has none and is not sent';
    throw new FtteError('not-ready', text);
  }

  /** The update with masks. @throws FtteError `not-ready`: a plain update of a masked task never leaves */
  private async masked(update: Update, { task, model }: RoundRequest): Promise<Update> {
    const { masks } = this.components;
    if (!masks) throw new FtteError('not-ready', 'masked updates need a federation with invitations');
    const segments = planSegments(parameterLayout(model), update.plan);
    return masks.masked(update, segments, maskedFactor(task, update.samples));
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

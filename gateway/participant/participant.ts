import { FtteError, type Log, messageOf, silentLog, TypedEmitter } from '../platform';
import type { Selection } from '../selection';
import { type Sample, SampleStore } from '../stream';
import type { Ack, Update } from '../wire';
import { GrantAsker } from './grant-asker';
import { KeptSamples } from './kept-samples';
import { LocalRounds } from './local-rounds';
import type { TaskEvent } from './model-follower';
import { Outbox } from './outbox';
import type { ParticipantOptions } from './participant-options';
import type {
  Notice,
  ParticipantEvents,
  ParticipantFace,
  ParticipantPhase,
  ParticipantState,
} from './participant-types';
import { choosesEachVersion, type PlanChooser, rememberingChooser } from './plan-chooser';
import { RoundPace } from './round-pace';
import { roundReport } from './round-runner';
import { UpdateSender } from './update-sender';

/**
 * The gateway's role: keeps labelled windows, trains the planned part of the model on them when a round is due, and
 * brings the change to the coordinator. Windows stay here; what leaves is the update.
 */
export class Participant extends TypedEmitter<ParticipantEvents> implements ParticipantFace {
  /** The samples it trains on: keep it, and hand it to the next participant. */
  readonly store: SampleStore;

  private readonly log: Log;
  private readonly instance: string;
  private readonly kept: KeptSamples;
  private readonly outbox: Outbox;
  private readonly sender: UpdateSender;
  private readonly localRounds: LocalRounds;
  private readonly grants: GrantAsker;
  private readonly unsubscribes: (() => void)[] = [];
  private readonly chooser: PlanChooser;
  private readonly pace = new RoundPace();

  private budgetBytes: number;
  private started = false;
  private stopped = false;
  private online = false;
  /** Lineage of the last task that was taken up. */
  private lineage: string | undefined;
  private selection: Selection | undefined;
  /** The version that the selection was made for. */
  private selectedVersion = 0;
  /** Of the last granted round. */
  private grantedVersion = -1;
  private refusal: string | undefined;
  private rounds = 0;
  private refusedWindows = 0;
  private told = '';

  constructor(private readonly options: ParticipantOptions) {
    super();
    const { clock, random, session } = options;
    this.log = options.log ?? silentLog;
    this.onListenerError = (error, event) => this.log.error(`listener of ${event}: ${messageOf(error)}`);
    this.budgetBytes = options.budgetBytes;
    this.chooser = options.choosePlan ?? rememberingChooser();
    this.instance = random.hex(8);
    this.store = options.store ?? new SampleStore({ capacity: options.storeCapacity ?? 1024, random });
    this.kept = new KeptSamples({
      store: this.store,
      file: options.storeFile,
      clock,
      onProblem: (error) => this.problem(error),
    });
    this.outbox = new Outbox({
      folder: options.outboxFolder,
      ...options.outboxLimits,
      onProblem: (error) => this.problem(error),
      onOverflow: () => this.notice('update-expired', 'the outbox is full: its oldest update was given up'),
    });
    this.sender = new UpdateSender({
      session,
      clock,
      random,
      outbox: this.outbox,
      introduce: () => this.sayHello(),
      onRejected: (ack) => this.rejected(ack),
      onExpired: (count, lineage) =>
        this.notice(
          'update-expired',
          `${count} updates were given up: the model is now of lineage ${lineage}`,
        ),
      onChange: () => this.tellState(),
      onProblem: (error) => this.problem(error),
    });
    this.localRounds = new LocalRounds({
      follower: options.follower,
      trainer: options.trainer,
      store: this.store,
      trigger: options.trigger,
      clock,
      random,
      selection: (version) => this.selectionFor(version),
      askForGrant: () => this.askForGrant(),
      onUpdate: (update, selection) => this.takeUpdate(update, selection),
      onSkip: (text) => this.notice('round-skipped', text),
      onFailure: (error) => this.roundFailed(error),
      onChange: () => this.tellState(),
    });
    this.grants = new GrantAsker({
      session,
      follower: options.follower,
      clock,
      random,
      onGrant: (base) => {
        this.grantedVersion = base.version;
        // One that cannot begin gives its place back when it is due again.
        if (!this.localRounds.beginFrom(base)) this.localRounds.startIfDue();
      },
      onProblem: (error) => this.problem(error),
    });
  }

  get state(): ParticipantState {
    const { follower } = this.options;
    return {
      phase: this.phase(),
      online: this.online,
      lineage: follower.lineage,
      version: follower.following ? follower.version : this.grantedVersion,
      samples: this.store.size,
      rounds: this.rounds,
      outbox: this.outbox.size,
      skippedRounds: this.localRounds.skipped,
      refusedWindows: this.refusedWindows,
      memory: this.selection?.memory,
      problem: this.refusal,
    };
  }

  /** Does not wait for a connection. */
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
      if (!this.localRounds.running)
        this.notice('engine-restarted', `the training engine is started anew: ${error.message}`);
    });
    if (offRestart) this.unsubscribes.push(offRestart);
    for (const role of [this.sender, this.grants]) {
      role.start().catch((error) => {
        if (!this.stopped) this.problem(error);
      });
    }
    if (onConnection) this.unsubscribes.push(onConnection((state) => this.setOnline(state === 'online')));
    else this.setOnline(true);
    const { task, model, modelKey, lineage } = follower;
    if (task && model && lineage) this.takeTask({ task, model, modelKey, lineage, newLineage: true });
    this.localRounds.start();
    this.tellState();
  }

  async stop(): Promise<void> {
    if (this.stopped) return;
    this.stopped = true;
    for (const off of this.unsubscribes.splice(0)) off();
    await this.localRounds.stop();
    await this.grants.stop();
    await this.sender.stop();
    if (this.started) await this.kept.save();
    await this.options.trainer.close();
    this.tellState();
  }

  add(sample: Sample): void {
    if (!this.options.follower.task || this.stopped) {
      throw new FtteError(
        'not-ready',
        this.stopped ? 'stopped' : 'no task has come yet: is a coordinator running?',
      );
    }
    try {
      this.store.add(sample);
    } catch (error) {
      this.countRefused();
      throw error;
    }
    this.localRounds.addWindow();
    this.tellState();
  }

  countRefused(): void {
    this.refusedWindows++;
    this.tellState();
  }

  trainNow(): ReturnType<ParticipantFace['trainNow']> {
    return this.localRounds.startNow();
  }

  pause(): void {
    this.localRounds.paused = true;
    this.grants.withdraw();
    this.tellState();
  }

  resume(): void {
    this.localRounds.paused = false;
    this.localRounds.startIfDue();
    this.tellState();
  }

  async forget(): Promise<void> {
    this.grants.withdraw();
    await this.kept.forget().finally(() => this.tellState());
  }

  /** Changes the memory budget: a new plan from the next round on, and a new hello. */
  setBudget(budgetBytes: number): void {
    if (budgetBytes === this.budgetBytes) return;
    this.budgetBytes = budgetBytes;
    this.choosePlan();
    if (this.online) this.sayHello().catch((error) => this.problem(error));
    this.localRounds.startIfDue();
    this.tellState();
  }

  private phase(): ParticipantPhase {
    const { follower } = this.options;
    if (this.stopped) return 'stopped';
    if (this.localRounds.running) return 'training';
    if (this.localRounds.paused) return 'paused';
    if (this.refusal !== undefined) return 'refused';
    if (!follower.task) return 'waiting-task';
    if (this.grants.waiting) return 'waiting-grant';
    return follower.trainable ? 'collecting' : 'waiting-model';
  }

  private takeTask({ task, lineage, newLineage }: TaskEvent): void {
    const dropped = this.store.fit(task);
    if (dropped > 0)
      this.notice('samples-dropped', `${dropped} samples do not fit the new task and were dropped`);
    this.choosePlan();
    if (newLineage && lineage !== this.lineage) {
      if (this.lineage !== undefined) {
        this.localRounds.cancel();
        this.notice('lineage-changed', `the model starts anew: lineage ${lineage} after ${this.lineage}`);
      }
      this.lineage = lineage;
      this.grantedVersion = -1;
      this.sender.setLineage(lineage).catch((error) => this.problem(error));
    }
    if (this.online) this.sayHello().catch((error) => this.problem(error));
    if (this.grants.waiting) {
      // What was asked for is asked for anew: the task may have another lineage, or no need of grants.
      this.grants.rest();
      this.localRounds.startNow();
    } else if (task.aggregation.participation.kind === 'granted') this.localRounds.startIfDue();
    this.tellState();
  }

  private takeVersion(): void {
    this.localRounds.startIfDue();
    this.tellState();
  }

  /** What a round from a version trains. Strategies that draw anew each version do so when a round needs it. */
  private selectionFor(version: number): Selection | undefined {
    const { task } = this.options.follower;
    if (task && choosesEachVersion(task) && version !== this.selectedVersion) this.choosePlan(version);
    return this.selection;
  }

  private askForGrant(): void {
    this.grants.ask();
    this.tellState();
  }

  /**
   * The plan follows from the task, the budget and the version alone: every gateway with this budget trains the same
   * part.
   */
  private choosePlan(version = this.options.follower.version): void {
    const { task, model, guide } = this.options.follower;
    if (!task || !model) return;
    this.selectedVersion = Math.max(0, version);
    try {
      this.selection = this.chooser(
        task,
        model,
        this.budgetBytes,
        this.selectedVersion,
        guide,
        this.pace.maxOperations,
      );
      this.refusal = undefined;
    } catch (error) {
      this.selection = undefined;
      this.refusal = messageOf(error);
      this.problem(error);
    }
  }

  private setOnline(online: boolean): void {
    if (online === this.online) return;
    this.online = online;
    // A broker that was restarted may have lost what it retained.
    if (online) this.sayHello().catch((error) => this.problem(error));
    this.sender.setOnline(online);
    this.grants.setOnline(online);
    this.tellState();
  }

  private async sayHello(): Promise<void> {
    const { session, follower, software } = this.options;
    await session.send({
      type: 'hello',
      budgetBytes: this.budgetBytes,
      instance: this.instance,
      software: software ?? '',
      modelKey: follower.modelKey,
    });
  }

  private async takeUpdate(update: Update, selection: Selection): Promise<void> {
    const message = this.options.session.encode(update);
    await this.sender.add(update, message);
    this.rounds++;
    const { budgetBytes, rounds: round, refusedWindows } = this;
    this.emit(
      'round',
      roundReport(update, { round, updateBytes: message.length, budgetBytes, refusedWindows, ...selection }),
    );
    this.emit('update', message);
    const { task, model } = this.options.follower;
    if (task && model && this.pace.heard(task, model, update)) this.choosePlan();
    await this.kept.saveSometimes();
  }

  private roundFailed(error: unknown): void {
    if (error instanceof FtteError && error.code === 'engine-crashed') {
      this.notice(
        'engine-restarted',
        `the round was lost, the next one starts the engine anew: ${error.message}`,
      );
    } else this.problem(error);
  }

  private rejected({ id, reason, detail }: Ack): void {
    const why = [reason, detail].filter(Boolean).join(': ');
    this.notice(
      'update-rejected',
      `the coordinator refused update ${id}: ${why || 'no reason given'}`,
      reason,
    );
  }

  private notice(kind: Notice['kind'], text: string, reason?: Notice['reason']): void {
    this.log.info(text);
    this.emit('notice', { kind, text, ...(reason && { reason }) });
  }

  private problem(error: unknown): void {
    const told = error instanceof Error ? error : new Error(String(error));
    this.log.warn(told.message);
    this.emit('problem', told);
  }

  /** Emits the state if anything in it has changed since it was last told. */
  private tellState(): void {
    const state = this.state;
    const text = JSON.stringify(state);
    if (text === this.told) return;
    this.told = text;
    this.emit('state', state);
  }
}

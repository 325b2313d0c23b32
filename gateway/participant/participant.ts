import { rm } from 'node:fs/promises';
import { FtteError, type Log, messageOf, silentLog, TypedEmitter } from '../platform';
import type { Selection } from '../selection';
import { type Sample, SampleStore } from '../stream';
import type { Ack } from '../wire';
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
import { choosePlan } from './plan-chooser';
import { type RoundRequest, RoundRunner, requireFinite } from './round-runner';
import { RoundSchedule } from './round-schedule';
import { UpdateSender } from './update-sender';

/** Samples that the user wants kept are written this often at most; and always at `stop`. */
const storeSaveMs = 10 * 60_000;

/**
 * The gateway's role: keeps labelled windows, trains the planned part of the model on them when a round is due, and
 * brings the change to the coordinator. Windows stay here; what leaves is the update.
 */
export class Participant extends TypedEmitter<ParticipantEvents> implements ParticipantFace {
  /** The samples it trains on: keep it, and hand it to the next participant. */
  readonly store: SampleStore;

  private readonly log: Log;
  private readonly instance: string;
  private readonly outbox: Outbox;
  private readonly sender: UpdateSender;
  private readonly runner: RoundRunner;
  private readonly schedule: RoundSchedule;
  private readonly unsubscribes: (() => void)[] = [];

  private budgetBytes: number;
  private started = false;
  private stopped = false;
  private paused = false;
  private online = false;
  /** Lineage of the last task that was taken up. */
  private lineage: string | undefined;
  private selection: Selection | undefined;
  private refusal: string | undefined;
  private running: Promise<void> | undefined;
  private rounds = 0;
  private skippedRounds = 0;
  private savedMs = 0;
  private told = '';

  constructor(private readonly options: ParticipantOptions) {
    super();
    const { clock, random, session } = options;
    this.log = options.log ?? silentLog;
    this.onListenerError = (error, event) => this.log.error(`listener of ${event}: ${messageOf(error)}`);
    this.budgetBytes = options.budgetBytes;
    this.instance = random.hex(8);
    this.store = options.store ?? new SampleStore({ capacity: options.storeCapacity ?? 1024, random });
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
    this.runner = new RoundRunner(options.trainer);
    this.schedule = new RoundSchedule(options.trigger, clock, () => this.startIfDue());
  }

  get state(): ParticipantState {
    const { follower } = this.options;
    return {
      phase: this.phase(),
      online: this.online,
      lineage: follower.lineage,
      version: follower.version,
      samples: this.store.size,
      rounds: this.rounds,
      outbox: this.outbox.size,
      skippedRounds: this.skippedRounds,
      memory: this.selection?.memory,
      problem: this.refusal,
    };
  }

  /** Does not wait for a connection. */
  async start(): Promise<void> {
    if (this.started) return;
    this.started = true;
    const { follower, trainer, storeFile, onConnection, clock } = this.options;
    this.savedMs = clock.now();
    if (storeFile && this.store.size === 0) {
      const damage = await this.store.load(storeFile);
      if (damage) this.problem(damage);
    }
    await this.outbox.open();
    if (this.stopped) return;
    this.unsubscribes.push(follower.on('task', (event) => this.takeTask(event)));
    this.unsubscribes.push(follower.on('version', () => this.startIfDue()));
    const offRestart = trainer.onRestart?.((error) => {
      if (!this.running)
        this.notice('engine-restarted', `the training engine is started anew: ${error.message}`);
    });
    if (offRestart) this.unsubscribes.push(offRestart);
    this.sender.start().catch((error) => {
      if (!this.stopped) this.problem(error);
    });
    if (onConnection) this.unsubscribes.push(onConnection((state) => this.setOnline(state === 'online')));
    else this.setOnline(true);
    const { task, model, modelKey, lineage } = follower;
    if (task && model && lineage) this.takeTask({ task, model, modelKey, lineage, newLineage: true });
    this.schedule.start();
    this.startIfDue();
  }

  async stop(): Promise<void> {
    if (this.stopped) return;
    this.stopped = true;
    this.schedule.stop();
    for (const off of this.unsubscribes.splice(0)) off();
    this.options.trainer.cancel();
    await this.running;
    await this.sender.stop();
    if (this.started) await this.saveStore();
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
    this.store.add(sample);
    this.schedule.addWindow();
    this.startIfDue();
    this.tellState();
  }

  trainNow(): 'started' | 'busy' | 'too-few-samples' | 'not-ready' | 'paused' {
    if (this.paused) return 'paused';
    if (this.running) {
      this.skipRound('a round was asked for while one runs');
      return 'busy';
    }
    const request = this.nextRound();
    if (typeof request === 'string') return request;
    this.begin(request);
    return 'started';
  }

  pause(): void {
    this.paused = true;
    this.tellState();
  }

  resume(): void {
    this.paused = false;
    this.startIfDue();
    this.tellState();
  }

  async forget(): Promise<void> {
    this.store.clear();
    if (this.options.storeFile) await rm(this.options.storeFile, { force: true });
    this.tellState();
  }

  /** Changes the memory budget: a new plan from the next round on, and a new hello. */
  setBudget(budgetBytes: number): void {
    if (budgetBytes === this.budgetBytes) return;
    this.budgetBytes = budgetBytes;
    this.choosePlan();
    if (this.online) this.sayHello().catch((error) => this.problem(error));
    this.startIfDue();
    this.tellState();
  }

  private phase(): ParticipantPhase {
    const { follower } = this.options;
    if (this.stopped) return 'stopped';
    if (this.running) return 'training';
    if (this.paused) return 'paused';
    if (this.refusal !== undefined) return 'refused';
    if (!follower.task) return 'waiting-task';
    return follower.parameters ? 'collecting' : 'waiting-model';
  }

  private takeTask({ task, lineage, newLineage }: TaskEvent): void {
    const dropped = this.store.fit(task);
    if (dropped > 0)
      this.notice('samples-dropped', `${dropped} samples do not fit the new task and were dropped`);
    this.choosePlan();
    if (newLineage && lineage !== this.lineage) {
      if (this.lineage !== undefined) {
        this.options.trainer.cancel();
        this.notice('lineage-changed', `the model starts anew: lineage ${lineage} after ${this.lineage}`);
      }
      this.lineage = lineage;
      this.sender.setLineage(lineage).catch((error) => this.problem(error));
    }
    if (this.online) this.sayHello().catch((error) => this.problem(error));
    this.tellState();
  }

  /** The plan follows from the task and the budget alone: every gateway with this budget trains the same part. */
  private choosePlan(): void {
    const { task, model } = this.options.follower;
    if (!task || !model) return;
    try {
      this.selection = (this.options.choosePlan ?? choosePlan)(task, model, this.budgetBytes);
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

  /** Starts a round if one is due and can be. */
  private startIfDue(): void {
    if (!this.schedule.due || this.paused || this.stopped) return;
    if (this.running) this.skipRound('a round was due while one runs');
    else {
      const request = this.nextRound();
      if (typeof request !== 'string') this.begin(request);
    }
    this.tellState();
  }

  private skipRound(text: string): void {
    this.skippedRounds++;
    this.schedule.skip();
    this.notice('round-skipped', text);
  }

  /** All that the next round depends on, or why there can be none now. */
  private nextRound(): RoundRequest | 'too-few-samples' | 'not-ready' {
    const { follower, random } = this.options;
    const { task, model, parameters, lineage, version } = follower;
    if (!task || !model || !parameters || lineage === undefined || !this.selection) return 'not-ready';
    if (!this.started || this.stopped) return 'not-ready';
    // A store too small for the task's minimum trains when it is full.
    if (this.store.size < Math.min(task.training.minSamples, this.store.limit)) return 'too-few-samples';
    return {
      id: random.hex(8),
      task,
      model,
      selection: this.selection,
      lineage,
      baseVersion: version,
      parameters: parameters.slice(),
      samples: this.store.draw(task.training.maxSamplesPerRound, random),
      seed: random.integer(0x1_0000_0000),
    };
  }

  private begin(request: RoundRequest): void {
    this.schedule.begin();
    this.running = this.round(request)
      .catch((error) => this.roundFailed(error))
      .finally(() => {
        this.running = undefined;
        this.schedule.end();
        this.tellState();
      });
    this.tellState();
  }

  private async round(request: RoundRequest): Promise<void> {
    const { update } = await this.runner.run(request);
    if (this.stopped) return;
    if (request.lineage !== this.options.follower.lineage) {
      this.notice(
        'round-skipped',
        `a round on lineage ${request.lineage} was dropped: the model started anew`,
      );
      return;
    }
    requireFinite(update);
    const message = this.options.session.encode(update);
    await this.sender.add(update, message);
    this.rounds++;
    this.emit('round', {
      round: this.rounds,
      lineage: update.lineage,
      baseVersion: update.baseVersion,
      samples: update.samples,
      steps: update.steps,
      lossBefore: update.lossBefore,
      lossAfter: update.lossAfter,
      gradientVariance: update.variance,
      durationMs: update.durationMs,
      updateBytes: message.length,
      peakBytes: update.peakBytes,
      budgetBytes: this.budgetBytes,
      trainedShare: request.selection.trainedShare,
    });
    this.emit('update', message);
    if (this.options.clock.now() - this.savedMs >= storeSaveMs) await this.saveStore();
  }

  private roundFailed(error: unknown): void {
    if (this.stopped) return;
    if (error instanceof FtteError && error.code === 'engine-crashed') {
      this.notice(
        'engine-restarted',
        `the round was lost, the next one starts the engine anew: ${error.message}`,
      );
    } else this.problem(error);
  }

  private async saveStore(): Promise<void> {
    const { storeFile, clock } = this.options;
    if (!storeFile) return;
    this.savedMs = clock.now();
    await this.store.save(storeFile).catch((error) => this.problem(error));
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

import type { ImportanceScores } from '../model';
import { asError, counted, FtteError, messageOf, type Notice, Throttle, TypedEmitter } from '../platform';
import type { Sample } from '../stream';
import type { Task } from '../task';
import { type Components, createComponents, keptVersions, type ModelComponents } from './components';
import { scoreSubject } from './evaluation/score-file';
import type { CoordinatorEvents } from './events';
import { LearningStart } from './learning-start';
import { beginEvenOffline } from './lease/begin-offline';
import { MessageRouter } from './message-router';
import type { CoordinatorOptions } from './options';
import { recoverComponents } from './recover-components';
import { RegionalModel } from './regional-model';
import { CoordinatorNotices, type CoordinatorStatus, modelRecovered, storageRecovered } from './reports';
import { LearningProgress } from './reports/learning-progress';
import { UnknownMessageWatch } from './reports/unknown-messages';
import { type CoordinatorCondition, phaseOf, statusOf } from './status-of';
import { isRefusal, StorageWatch } from './storage/storage-watch';
import { VersionWatch } from './watch/version-watch';

/** A status is emitted at most once in this time. */
const statusIntervalMs = 250;

/**
 * The owner of the global model of one federation. It accepts updates when they arrive, and makes a version from each
 * full buffer. Its components do the work: `MessageRouter` receives messages, `Membership` knows the gateways,
 * `UpdatePipeline` goes from updates to durable versions, `CoordinatorState` holds the model and its rule, `ModelStore`
 * the files on disk, `VersionPublisher` publishes versions, `Grants` decides which gateways train, `CoordinatorLease`
 * ensures that there is one coordinator, `Evaluator` evaluates versions, `WarmStart` trains version 0,
 * `ImportanceProfiler` measures the scores by which gateways select, `LearningStart` lets gateways train when these two are
 * done. This class starts and stops them together.
 */
export class Coordinator extends TypedEmitter<CoordinatorEvents> {
  /** The model as the federation above sees it, at the coordinator of a region. */
  readonly region = new RegionalModel(() => this.ready());
  private readonly components: Components;
  private stage: CoordinatorCondition['stage'] = 'new';
  private recovering: Promise<ModelComponents> | undefined;
  private model: ModelComponents | undefined;
  private online = true;
  /** It was paused before it had its model. */
  private pausesAtStart = false;
  /** It waits for a silent coordinator that has a claim. */
  private contesting = false;
  /** Why it stays away from the federation. */
  private refusal: string | undefined;
  private readonly storage: StorageWatch;
  private readonly learningStart: LearningStart;
  private readonly progress: LearningProgress;
  private readonly notices: CoordinatorNotices;
  private readonly unknown: UnknownMessageWatch;
  private readonly watch: VersionWatch;
  private readonly statusChanges: Throttle;
  private stopConnection: (() => void) | undefined;

  constructor(options: CoordinatorOptions) {
    super();
    this.components = this.createComponents(options);
    const { log, clock, random } = this.components.options;
    this.learningStart = new LearningStart({
      components: this.components,
      model: () => this.model ?? this.ready(),
      isReady: () => this.stage === 'ready',
      onChange: () => this.emitStatusSoon(),
    });
    this.progress = new LearningProgress(clock);
    this.notices = new CoordinatorNotices(clock, (notice) => this.emit('notice', notice));
    this.unknown = new UnknownMessageWatch(clock, this.notices);
    this.watch = new VersionWatch({
      task: this.components.options.task,
      say: (notice) => {
        if (!this.isStopped()) this.notices.say(notice);
      },
      rollback: async (version) => {
        await this.rollbackTo(version);
        return this.ready().state.version;
      },
      pause: () => this.pause(),
    });
    this.statusChanges = new Throttle(clock, statusIntervalMs, () => this.emit('status', this.status));
    this.storage = new StorageWatch({
      clock,
      random,
      onProblem: (problem) => {
        this.reportProblem(problem);
        this.emitStatusSoon();
      },
      onRecovered: () => this.storageRecovered(),
    });
    this.onListenerError = (error, event) =>
      log.error(`a listener of ${event}: ${messageOf(error)}`, 'unexpected');
  }

  /** Whether it has the lease and works on its model. */
  get isReady(): boolean {
    return this.stage === 'ready' && this.model !== undefined;
  }

  get task(): Task {
    return this.components.options.task;
  }

  get status(): CoordinatorStatus {
    const { latest } = this.unknown;
    const status = statusOf(this.condition, this.components, this.model);
    return latest ? { ...status, unknown: latest } : status;
  }

  /** Importance scores, by which gateways select their plans; undefined if nothing was measured. */
  get importance(): ImportanceScores | undefined {
    return this.components.profiler.importance;
  }

  /**
   * Resumes from the newest good checkpoint, takes the lease of the federation, publishes task and head. If the folder
   * cannot be used, that is reported as a problem, this resolves, and the coordinator starts when the folder can be used.
   * @throws FtteError `second-coordinator` if another coordinator holds the lease; `storage` if another process uses the
   * folder: the coordinator starts when that process has ended, unless it is stopped before; `checkpoint-damaged` if no
   * checkpoint in the folder is whole: `reset` starts a new lineage
   */
  async start(): Promise<void> {
    if (this.stage !== 'new') throw new FtteError('not-ready', `the coordinator is already ${this.stage}`);
    const { session, task } = this.components.options;
    if (task.aggregation.masked && !session.hasMembers)
      throw new FtteError(
        'task-invalid',
        'aggregation.masked: expected a federation with invitations, got an open one, in which helpers have no keys',
        { field: 'aggregation.masked' },
      );
    this.stage = 'starting';
    const { onConnection } = this.components.options;
    this.stopConnection = onConnection?.((state) => this.onConnection(state === 'online'));
    this.emitStatusSoon();
    try {
      this.recovering = this.recover();
      const entered = this.recovering.then((model) => (this.isStopped() ? undefined : this.enter(model)));
      await this.storage.during(entered, (error) => this.failLate(error));
    } catch (error) {
      // A start that was stopped has not failed, and one whose folder is in use or damaged continues in the background.
      if (this.isStopped()) return;
      if (!isRefusal(error)) this.refuse(error);
      throw error;
    }
  }

  /** @param end `isReplaced`: nothing is written or sent any more, because another coordinator leads */
  async stop({ isReplaced = false } = {}): Promise<void> {
    if (this.stage === 'stopped') return;
    const { evaluator, persistedHeldOut, jobs, scoreStore, modelStore, lease, lock } = this.components;
    const wasReady = this.stage === 'ready';
    this.stage = 'stopped';
    this.stopConnection?.();
    this.storage.stop();
    await this.recovering?.catch(() => undefined);
    if (isReplaced) lease.release({ isSilent: true });
    await this.halt(isReplaced);
    await evaluator.close();
    await persistedHeldOut.close();
    await jobs.close();
    await scoreStore.stop();
    if (wasReady && !isReplaced)
      await this.model?.pipeline.checkpoint().catch((error) => this.reportProblem(error));
    await modelStore.close().catch((error) => this.reportProblem(error));
    await lock?.release();
    lease.release();
    this.statusChanges.stop();
    this.notices.stop();
    this.emit('status', this.status);
  }

  /**
   * Takes a sample that a person feeds. It is kept for evaluation (bounded, balanced per label if there are labels), or,
   * if the task asks for a warm start or for measured importance scores, used for that.
   * @throws FtteError as `Participant.add`
   */
  addHeldOut(sample: Sample): void {
    this.learningStart.add(sample);
  }

  /** Drops all held-out windows, and erases their file. @throws FtteError `storage` if the file cannot be erased */
  async forgetHeldOut(): Promise<void> {
    await this.components.persistedHeldOut.forget().finally(() => this.emitStatusSoon());
  }

  /** Takes bytes that arrived by another way than the broker. @throws FtteError `message-invalid` */
  receive(bytes: Uint8Array): void {
    this.ready();
    this.components.options.session.receive(bytes);
  }

  /** Applies the contributions in the buffer now. */
  async applyNow(): Promise<void> {
    await this.ready().pipeline.applyNow();
  }

  /**
   * Takes a gateway out of the federation for which `counts` has become false: its waiting contributions are dropped, and it
   * has no grant any more.
   * @returns contributions that were dropped
   */
  exclude(gateway: string): number {
    const { model } = this;
    if (!model) return 0;
    model.membership.presence(gateway, false, model.options.clock.now());
    model.grants?.removed(gateway);
    model.federated.forget(gateway);
    model.sums?.board.review();
    model.state.robustness.exclude(gateway);
    const dropped = model.pipeline.discard();
    model.pipeline.advance();
    this.emitStatusSoon();
    return dropped;
  }

  /** Reports something that another part of the coordinator has noticed, once and then counted. */
  say(notice: Omit<Notice, 'count'>): void {
    this.notices.say(notice);
  }

  /**
   * Lets a gateway out of quarantine, and forgets why it was there.
   * @throws FtteError `config-invalid` if it is neither there nor on probation; `storage`
   */
  async release(gateway: string): Promise<void> {
    const { state, pipeline } = this.ready();
    await pipeline.release(gateway);
    this.notices.released(gateway, state.version, 'released by hand');
    this.emitStatusSoon();
  }

  /** Whether it is paused, or will be as soon as it has its model. */
  get isPaused(): boolean {
    return this.pausesAtStart || this.model?.pipeline.paused === true;
  }

  pause(): void {
    this.pausesAtStart = this.model === undefined;
    this.model?.pipeline.pause();
    this.components.lease.paused = this.model !== undefined;
  }

  resume(): void {
    this.pausesAtStart = false;
    this.components.lease.paused = false;
    this.model?.pipeline.resume();
    this.model?.grants?.proceed(false);
  }

  async checkpoint(): Promise<void> {
    await this.ready().pipeline.checkpoint();
  }

  /**
   * Starts a new lineage if all checkpoints are damaged. The damaged files are set aside, and the notice of the new
   * lineage names their folder.
   * @throws FtteError `not-ready` in any other condition
   */
  reset(): void {
    this.storage.reset();
  }

  /** Makes the best version (or the given one, if its checkpoint is kept) the newest again, under a new number. */
  async rollback(version?: number): Promise<void> {
    const { state } = this.ready();
    const target = version ?? state.best?.version;
    if (target === undefined) {
      throw new FtteError(
        'not-ready',
        'no version was evaluated as the best yet: wait until gateways have measured some, add held-out windows, or name a version',
      );
    }
    const dropped = await this.rollbackTo(target);
    const text = `went back to version ${target} as version ${state.version}; waiting contributions of the versions left behind that were dropped: ${dropped}`;
    this.notices.say(modelRecovered(state.version, text, 'info'));
  }

  /** @returns the number of waiting contributions that were dropped */
  private async rollbackTo(version: number): Promise<number> {
    const { pipeline, federated } = this.ready();
    const dropped = await pipeline.rollback(version);
    federated.clear();
    return dropped;
  }

  /** A copy of the averaged model, or of the current one. */
  export(which: 'average' | 'current' = 'average') {
    const { state } = this.model ?? this.ready();
    const { published, average } = state.model.parameters;
    const parameters = (which === 'average' ? average : published).slice();
    return { lineage: state.lineage, version: state.version, parameters };
  }

  private get condition(): CoordinatorCondition {
    const { stage, online, refusal, storage, progress, contesting } = this;
    return { stage, online, contesting, problem: refusal ?? storage.problem?.message, progress };
  }

  private createComponents(options: CoordinatorOptions): Components {
    return createComponents(options, {
      newest: () => {
        const { state } = this.model ?? this.ready();
        return { version: state.version, parameters: state.model.parameters.published };
      },
      onWarmStartDone: (parameters) => this.learningStart.endWarmStart(parameters),
      onImportance: (importance) => {
        const { state, versionPublisher, scoreStore } = this.model ?? this.ready();
        versionPublisher.task();
        scoreStore.save(scoreSubject(state), importance);
      },
      onLost: (error) => this.failLate(error),
      onTerm: (term, run) => this.writeTerm(term, run),
      onContest: (text) => {
        this.contesting = true;
        this.notices.say({ code: 'second-coordinator', level: 'warning', text });
        this.emitStatusSoon();
      },
      onTermRaised: () => this.model?.versionPublisher.announce(),
      onProblem: (error) => this.reportProblem(error),
    });
  }

  private async recover(): Promise<ModelComponents> {
    const { model, notice } = await recoverComponents(this.components, this.storage, {
      notices: this.notices,
      onReport: (report) => {
        const { version, lineage, cause, contributions, patchBytes } = report;
        this.components.options.log.debug?.(
          `version ${version} of lineage ${lineage} (${cause}): ${counted(contributions.length, 'contribution')}, a patch of ${patchBytes} bytes`,
        );
        this.emit('version', report);
        this.watch.take(report);
        if (this.model) this.model.state.healthy = this.watch.kept;
      },
      onChange: () => this.emitStatusSoon(),
      onStorage: (problem) => this.storage.update(problem),
      onProblem: (error) => this.reportProblem(error),
    });
    this.model = model;
    if (this.pausesAtStart) this.pause();
    if (notice) this.notices.say(notice);
    return model;
  }

  /**
   * Subscribes, listens for another coordinator, then begins. While the broker is away this goes on in the background,
   * and the start does not wait for it longer than listening takes.
   */
  private async enter(model: ModelComponents): Promise<void> {
    const { lease, options } = model;
    const { clock, claimWaitMs } = options;
    const router = new MessageRouter({
      components: model,
      isReady: () => this.stage === 'ready',
      notices: this.notices,
      unknown: this.unknown,
      onChange: () => this.emitStatusSoon(),
    });
    const connected = router.subscribe();
    const { term, run } = model.state;
    const begun = connected.then(() => lease.acquire({ term, instance: run })).then(() => this.begin());
    const onLateFailure = (error: unknown) => this.failLate(error);
    await beginEvenOffline({ clock, waitMs: claimWaitMs, connected, begun, onLateFailure });
  }

  /** The term is on disk before anybody learns of it: a restart must never claim it again. */
  private async writeTerm(term: number, run: string): Promise<void> {
    if (!this.model) return;
    const { state, modelStore, evaluator } = this.model;
    Object.assign(state, { term, run });
    if (this.stage === 'ready') await this.model.pipeline.checkpoint();
    else
      await this.storage.until(() => modelStore.commit(state.checkpoint(), keptVersions(state, evaluator)));
  }

  private begin(): void {
    if (this.stage !== 'starting') return;
    this.stage = 'ready';
    this.contesting = false;
    this.learningStart.begin();
  }

  private onConnection(online: boolean): void {
    if (online === this.online) return;
    this.online = online;
    if (online && this.stage === 'ready') {
      // A broker may have lost its retained messages.
      this.components.lease.announce();
      this.model?.versionPublisher.announce();
      this.model?.sums?.board.announce();
    }
    this.emitStatusSoon();
  }

  /** The start failed after nobody waited for it any more, or it has to stay away after all. */
  private failLate(error: unknown): void {
    if (this.isStopped()) return;
    this.refuse(error);
    const { onRefused } = this.components.options;
    if (onRefused) onRefused(error);
    else this.reportProblem(error);
  }

  private storageRecovered(): void {
    const { folder, sharedLog } = this.components.options;
    this.notices.say(storageRecovered(sharedLog ? `the log at ${sharedLog.place}` : `the folder ${folder}`));
    // Gateways send what was not acknowledged when a claim arrives.
    if (this.stage === 'ready') this.components.lease.announce();
    this.emitStatusSoon();
  }

  /** Stays away from the federation from here on; the folder stays as it is. */
  private refuse(error: unknown): void {
    if (this.isStopped()) return;
    this.stage = 'refused';
    this.refusal = messageOf(error);
    this.halt(true).catch((failure) => this.reportProblem(failure));
    this.emitStatusSoon();
  }

  /**
   * Takes no more messages and makes no more versions.
   * @param isSilent whether nothing is sent from now on, because another coordinator may hold the lease; otherwise what is
   * being written is answered and published first
   */
  private async halt(isSilent: boolean): Promise<void> {
    const { grants, pipeline, publisher, retainedState, versionPublisher, sums } = this.model ?? {};
    const silence = () => {
      versionPublisher?.mute();
      publisher?.stop();
      retainedState?.stop();
    };
    grants?.stop();
    sums?.stop();
    if (isSilent) silence();
    await Promise.all([this.components.subscriptions.end(), pipeline?.stop()]);
    if (!isSilent) silence();
  }

  private isStopped(): boolean {
    return this.stage === 'stopped';
  }

  /** The components of a coordinator at work. @throws FtteError `not-ready` */
  private ready(): ModelComponents {
    if (this.model && this.stage === 'ready') return this.model;
    const { condition } = this;
    const why = condition.problem ? `: ${condition.problem}` : '';
    throw new FtteError('not-ready', `the coordinator is ${phaseOf(condition, this.model)}${why}`);
  }

  private reportProblem(error: unknown): void {
    this.emit('problem', asError(error));
  }

  /** The status lists every gateway: it is made for those who listen, and not for each of a thousand updates. */
  private emitStatusSoon(): void {
    const { accepted = 0, rejected = {} } = this.model?.state ?? {};
    this.progress.count(
      accepted,
      Object.values(rejected).reduce((sum, count) => sum + count, 0),
    );
    if (!this.isStopped() && this.hasListener('status')) this.statusChanges.request();
  }
}

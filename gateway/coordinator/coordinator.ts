import type { ImportanceScores } from '../model';
import { FtteError, messageOf, TypedEmitter } from '../platform';
import type { Sample, SampleStore } from '../stream';
import { taskModel } from '../task';
import { beginEvenOffline } from './begin-offline';
import { type CoordinatorComponents, createComponents, keptVersions } from './components';
import { type Foundation, layFoundation } from './foundation';
import { MessageRouter } from './message-router';
import type { CoordinatorOptions } from './options';
import type { CoordinatorEvents, CoordinatorPhase, CoordinatorStatus } from './reports/coordinator-types';
import { recover, seededParameters } from './state/recover';

/**
 * Owns the global model of one federation: takes updates when they come, waits for nobody, and makes a version of
 * each full buffer. What it is made of: `FederationListener` hears what comes, `Membership` knows who takes part,
 * `VersionLine` goes from updates to durable versions, `ModelRecord` holds the model and its rules, `Ledger` the disk,
 * `VersionTeller` what is told of versions, `Grants` whose turn it is, `ClaimKeeper` that there is one coordinator,
 * `Evaluator` what versions are worth, `Scout` what gateways choose their plans by. Here they begin and end together.
 */
export class Coordinator extends TypedEmitter<CoordinatorEvents> {
  private readonly base: Foundation;
  private stage: 'new' | 'starting' | 'ready' | 'refused' | 'stopped' = 'new';
  private recovering: Promise<CoordinatorComponents> | undefined;
  private components: CoordinatorComponents | undefined;
  private online = true;
  private problem: string | undefined;
  private statusDue = false;
  private stopConnection: (() => void) | undefined;

  constructor(private readonly options: CoordinatorOptions) {
    super();
    this.base = this.layFoundation();
    const { log } = this.base;
    this.onListenerError = (error, event) => log.error(`a listener of ${event}: ${messageOf(error)}`);
  }

  get status(): CoordinatorStatus {
    const { membership, evaluator, scout } = this.base;
    const { state, pipeline, grants } = this.components ?? {};
    return {
      phase: this.phase,
      online: this.online,
      lineage: state?.lineage ?? '',
      version: state?.version ?? 0,
      buffered: pipeline?.buffer.size ?? 0,
      bufferSize: state?.capacity ?? 0,
      gateways: membership.list(),
      ...(grants && { granted: grants.state }),
      heldOut: evaluator.windows,
      missingWindows: scout.missing,
      accepted: state?.accepted ?? 0,
      rejected: { ...state?.rejected },
      problem: this.problem,
    };
  }

  /** What gateways choose their plans by; undefined where nothing was measured. */
  get importance(): ImportanceScores | undefined {
    return this.base.scout.importance;
  }

  /** The held-out windows, in memory only: for the coordinator that comes after this one. */
  get heldOut(): SampleStore {
    return this.base.evaluator.store;
  }

  /**
   * Resumes from the newest good checkpoint, takes the lease of the federation, publishes task and head.
   * @throws FtteError `second-coordinator` if another coordinator holds the lease
   */
  async start(): Promise<void> {
    if (this.stage !== 'new') throw new FtteError('not-ready', `the coordinator is ${this.stage} already`);
    this.stage = 'starting';
    this.stopConnection = this.options.onConnection?.((state) => this.onConnection(state === 'online'));
    this.emitStatusSoon();
    try {
      this.recovering = this.recover();
      const components = await this.recovering;
      if (!this.isStopped()) await this.enter(components);
    } catch (error) {
      // Stopped while starting: there is nothing left to fail.
      if (this.isStopped()) return;
      this.refuse(error);
      throw error;
    }
  }

  async stop(): Promise<void> {
    if (this.stage === 'stopped') return;
    const { subscriptions, evaluator, scout, scoreStore, modelStore, lease } = this.base;
    const wasReady = this.stage === 'ready';
    this.stage = 'stopped';
    this.stopConnection?.();
    await this.recovering?.catch(() => undefined);
    await subscriptions.end();
    this.components?.grants?.stop();
    await this.components?.pipeline.stop();
    this.components?.publisher.stop();
    await evaluator.close();
    await scout.close();
    await scoreStore.idle();
    if (wasReady) await this.components?.pipeline.checkpoint().catch((error) => this.reportProblem(error));
    await modelStore.close().catch((error) => this.reportProblem(error));
    lease.release();
    this.emit('status', this.status);
  }

  /**
   * Takes a sample that a person feeds. It is kept for evaluation (bounded, balanced per label if there are labels), or,
   * if the task asks for a warm start or for measured importance scores, used for that.
   * @throws FtteError as `Participant.add`
   */
  addHeldOut(sample: Sample): void {
    const { scout, evaluator } = this.base;
    if (!scout.offer(sample)) evaluator.add(sample);
    scout.next();
    this.emitStatusSoon();
  }

  /** Takes bytes that came by another way than the broker. @throws FtteError `message-invalid` */
  receive(bytes: Uint8Array): void {
    this.ready();
    this.options.session.receive(bytes);
  }

  /** Applies what is in the buffer now. */
  async applyNow(): Promise<void> {
    await this.ready().pipeline.applyNow();
  }

  pause(): void {
    this.components?.pipeline.pause();
  }

  resume(): void {
    this.components?.pipeline.resume();
    this.components?.grants?.proceed(false);
  }

  async checkpoint(): Promise<void> {
    await this.ready().pipeline.checkpoint();
  }

  /** Goes back to the best version (or the given one, if it is kept) as a new version of the same lineage. */
  async rollback(version?: number): Promise<void> {
    const { state, pipeline } = this.ready();
    const target = version ?? state.best?.version;
    if (target === undefined) {
      throw new FtteError(
        'not-ready',
        'no version was judged best yet: feed held-out windows, or name a version',
      );
    }
    const dropped = await pipeline.rollback(target);
    const text = `went back to version ${target} as version ${state.version}; ${dropped} waiting contributions of the versions left behind were dropped`;
    this.emit('notice', { kind: 'recovered', version: state.version, text });
  }

  /** The averaged model, or the current one. */
  export(which: 'average' | 'current' = 'average') {
    const { state } = this.components ?? this.ready();
    const { published, average } = state.model.parameters;
    const parameters = (which === 'average' ? average : published).slice();
    return { lineage: state.lineage, version: state.version, parameters };
  }

  private get phase(): CoordinatorPhase {
    if (this.stage === 'stopped' || this.stage === 'refused') return this.stage;
    if (this.problem !== undefined) return 'refused';
    if (this.stage !== 'ready' || !this.components) return 'starting';
    const { pipeline } = this.components;
    if (this.base.scout.warming) return 'warming';
    if (pipeline.applying) return 'applying';
    return pipeline.paused ? 'paused' : 'collecting';
  }

  private async recover(): Promise<CoordinatorComponents> {
    const { modelStore, membership, evaluator, random, scoreStore } = this.base;
    const { task, initial, yieldToEventLoop } = this.options;
    const found = await recover(modelStore, task, membership, random, initial, yieldToEventLoop);
    const isGranted = task.aggregation.participation.kind === 'granted';
    const drawn = isGranted ? seededParameters(taskModel(task), task.seed, yieldToEventLoop) : undefined;
    const seeded = drawn instanceof Promise ? await drawn : drawn;
    const components = createComponents({
      ...this.base,
      state: found.state,
      seeded,
      yieldToEventLoop,
      onNotice: (notice) => this.emit('notice', notice),
      onReport: (report) => this.emit('version', report),
      onChange: () => this.emitStatusSoon(),
      onStorage: (problem) => {
        this.problem = problem?.message;
        if (problem) this.reportProblem(problem);
        this.emitStatusSoon();
      },
      onProblem: (error) => this.reportProblem(error),
    });
    components.pipeline.recall(found.contributions);
    await modelStore.commit(found.state.checkpoint(), keptVersions(found.state, evaluator));
    await scoreStore.recall(found.state);
    this.components = components;
    if (found.notice) this.emit('notice', found.notice);
    if (found.problem) this.reportProblem(found.problem);
    return components;
  }

  /**
   * Subscribes, listens for another coordinator, then begins. While the broker is away this goes on by itself, and the
   * start does not wait for it longer than listening would take.
   */
  private async enter(components: CoordinatorComponents): Promise<void> {
    const { clock, lease, claimWaitMs } = this.base;
    const listener = new MessageRouter({
      foundation: this.base,
      components,
      isReady: () => this.stage === 'ready',
      onNotice: (notice) => this.emit('notice', notice),
      onChange: () => this.emitStatusSoon(),
    });
    const connected = listener.subscribe();
    const begun = connected.then(() => lease.acquire()).then(() => this.begin(components));
    const onLateFailure = (error: unknown) => {
      if (this.isStopped()) return;
      this.refuse(error);
      this.reportProblem(error);
    };
    await beginEvenOffline({ clock, waitMs: claimWaitMs, connected, begun, onLateFailure });
  }

  private begin({ state, versionPublisher }: CoordinatorComponents): void {
    if (this.stage !== 'starting') return;
    this.stage = 'ready';
    const { scout, scoreStore } = this.base;
    const { version, accepted } = state;
    const imported = this.options.initial !== undefined && version === 0;
    scout.start({ fresh: version === 0 && accepted === 0, imported, importance: scoreStore.recalled });
    versionPublisher.announce();
    if (!scout.warming) this.learn();
    this.emitStatusSoon();
  }

  /** Lets gateways train, unless it was stopped meanwhile. */
  private learn(): void {
    if (this.stage !== 'ready') return;
    this.components?.pipeline.start();
    this.components?.grants?.start();
  }

  private layFoundation(): Foundation {
    return layFoundation(this.options, {
      newest: () => {
        const { state } = this.components ?? this.ready();
        return { version: state.version, parameters: state.model.parameters.published };
      },
      onWarm: async (parameters) => {
        if (this.stage !== 'ready') return;
        if (parameters) await this.components?.pipeline.replace(parameters);
        else this.components?.versionPublisher.announce();
        this.learn();
        this.emitStatusSoon();
      },
      onImportance: (importance) => {
        const { state, versionPublisher } = this.components ?? this.ready();
        versionPublisher.task();
        this.base.scoreStore.keep(state, importance);
      },
      onLost: (error) => {
        this.refuse(error);
        this.reportProblem(error);
      },
      onProblem: (error) => this.reportProblem(error),
    });
  }

  private onConnection(online: boolean): void {
    if (online === this.online) return;
    this.online = online;
    if (online && this.stage === 'ready') {
      // A broker may have lost what it was to remember.
      this.base.lease.announce();
      this.components?.versionPublisher.announce();
    }
    this.emitStatusSoon();
  }

  /** Stays away from the federation from here on; what is on disk stays there. */
  private refuse(error: unknown): void {
    if (this.isStopped()) return;
    this.stage = 'refused';
    this.problem = messageOf(error);
    this.components?.versionPublisher.mute();
    this.components?.publisher.stop();
    this.components?.grants?.stop();
    this.components?.pipeline.stop().catch((failure) => this.reportProblem(failure));
    this.base.subscriptions.end().catch((failure) => this.reportProblem(failure));
    this.emitStatusSoon();
  }

  private isStopped(): boolean {
    return this.stage === 'stopped';
  }

  private ready(): CoordinatorComponents {
    if (this.components && this.stage === 'ready') return this.components;
    const why = this.problem ? `: ${this.problem}` : '';
    throw new FtteError('not-ready', `the coordinator is ${this.phase}${why}`);
  }

  private reportProblem(error: unknown): void {
    this.emit('problem', error instanceof Error ? error : new Error(messageOf(error)));
  }

  /** Tells the state once for all changes of this turn. */
  private emitStatusSoon(): void {
    if (this.statusDue) return;
    this.statusDue = true;
    queueMicrotask(() => {
      this.statusDue = false;
      if (!this.isStopped() && this.heard('status')) this.emit('status', this.status);
    });
  }
}

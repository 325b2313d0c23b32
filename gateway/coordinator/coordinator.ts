import type { SelectionGuide } from '../model';
import { FtteError, messageOf, TypedEmitter } from '../platform';
import type { Sample, SampleStore } from '../stream';
import { taskModel } from '../task';
import { beginEvenOffline } from './begin-offline';
import { assemble, keptVersions, type Parts } from './components';
import { type Foundation, layFoundation } from './foundation';
import { FederationListener } from './message-router';
import type { CoordinatorOptions } from './options';
import type {
  CoordinatorEvents,
  CoordinatorFace,
  CoordinatorPhase,
  CoordinatorState,
} from './reports/coordinator-types';
import { recover, seededParameters } from './state/recover';

/**
 * Owns the global model of one federation: takes updates when they come, waits for nobody, and makes a version of
 * each full buffer. What it is made of: `FederationListener` hears what comes, `Membership` knows who takes part,
 * `VersionLine` goes from updates to durable versions, `ModelRecord` holds the model and its rules, `Ledger` the disk,
 * `VersionTeller` what is told of versions, `Grants` whose turn it is, `ClaimKeeper` that there is one coordinator,
 * `Evaluator` what versions are worth, `Scout` what gateways choose their plans by. Here they begin and end together.
 */
export class Coordinator extends TypedEmitter<CoordinatorEvents> implements CoordinatorFace {
  private readonly base: Foundation;
  private stage: 'new' | 'starting' | 'ready' | 'refused' | 'stopped' = 'new';
  private recovering: Promise<Parts> | undefined;
  private parts: Parts | undefined;
  private online = true;
  private problem: string | undefined;
  private stateDue = false;
  private stopConnection: (() => void) | undefined;

  constructor(private readonly options: CoordinatorOptions) {
    super();
    this.base = this.layFoundation();
    const { log } = this.base;
    this.onListenerError = (error, event) => log.error(`a listener of ${event}: ${messageOf(error)}`);
  }

  get state(): CoordinatorState {
    const { membership, evaluator, scout } = this.base;
    const { record, line, grants } = this.parts ?? {};
    return {
      phase: this.phase,
      online: this.online,
      lineage: record?.lineage ?? '',
      version: record?.version ?? 0,
      buffered: line?.buffer.size ?? 0,
      bufferSize: record?.capacity ?? 0,
      gateways: membership.list(),
      ...(grants && { granted: grants.state }),
      heldOut: evaluator.windows,
      missingWindows: scout.missing,
      accepted: record?.accepted ?? 0,
      rejected: { ...record?.rejected },
      problem: this.problem,
    };
  }

  /** What gateways choose their plans by; undefined where nothing was measured. */
  get guide(): SelectionGuide | undefined {
    return this.base.scout.guide;
  }

  /** The held-out windows, in memory only: for the coordinator that comes after this one. */
  get heldOut(): SampleStore {
    return this.base.evaluator.store;
  }

  async start(): Promise<void> {
    if (this.stage !== 'new') throw new FtteError('not-ready', `the coordinator is ${this.stage} already`);
    this.stage = 'starting';
    this.stopConnection = this.options.onConnection?.((state) => this.onConnection(state === 'online'));
    this.changed();
    try {
      this.recovering = this.recover();
      const parts = await this.recovering;
      if (!this.isStopped()) await this.enter(parts);
    } catch (error) {
      // Stopped while starting: there is nothing left to fail.
      if (this.isStopped()) return;
      this.refuse(error);
      throw error;
    }
  }

  async stop(): Promise<void> {
    if (this.stage === 'stopped') return;
    const { subscriptions, evaluator, scout, guides, ledger, claim } = this.base;
    const wasReady = this.stage === 'ready';
    this.stage = 'stopped';
    this.stopConnection?.();
    await this.recovering?.catch(() => undefined);
    await subscriptions.end();
    this.parts?.grants?.stop();
    await this.parts?.line.stop();
    this.parts?.publisher.stop();
    await evaluator.close();
    await scout.close();
    await guides.idle();
    if (wasReady) await this.parts?.line.checkpoint().catch((error) => this.tell(error));
    await ledger.close().catch((error) => this.tell(error));
    claim.release();
    this.emit('state', this.state);
  }

  addHeldOut(sample: Sample): void {
    const { scout, evaluator } = this.base;
    if (!scout.offer(sample)) evaluator.add(sample);
    scout.next();
    this.changed();
  }

  receive(bytes: Uint8Array): void {
    this.ready();
    this.options.session.receive(bytes);
  }

  async applyNow(): Promise<void> {
    await this.ready().line.applyNow();
  }

  pause(): void {
    this.parts?.line.pause();
  }

  resume(): void {
    this.parts?.line.resume();
    this.parts?.grants?.proceed(false);
  }

  async checkpoint(): Promise<void> {
    await this.ready().line.checkpoint();
  }

  async rollback(version?: number): Promise<void> {
    const { record, line } = this.ready();
    const target = version ?? record.best?.version;
    if (target === undefined) {
      throw new FtteError(
        'not-ready',
        'no version was judged best yet: feed held-out windows, or name a version',
      );
    }
    const dropped = await line.goBack(target);
    const text = `went back to version ${target} as version ${record.version}; ${dropped} waiting contributions of the versions left behind were dropped`;
    this.emit('notice', { kind: 'recovered', version: record.version, text });
  }

  export(which: 'average' | 'current' = 'average') {
    const { record } = this.parts ?? this.ready();
    const { published, average } = record.model.parameters;
    const parameters = (which === 'average' ? average : published).slice();
    return { lineage: record.lineage, version: record.version, parameters };
  }

  private get phase(): CoordinatorPhase {
    if (this.stage === 'stopped' || this.stage === 'refused') return this.stage;
    if (this.problem !== undefined) return 'refused';
    if (this.stage !== 'ready' || !this.parts) return 'starting';
    const { line } = this.parts;
    if (this.base.scout.warming) return 'warming';
    if (line.applying) return 'applying';
    return line.paused ? 'paused' : 'collecting';
  }

  private async recover(): Promise<Parts> {
    const { ledger, membership, evaluator, random, guides } = this.base;
    const { task, initial, turn } = this.options;
    const found = await recover(ledger, task, membership, random, initial, turn);
    const isGranted = task.aggregation.participation.kind === 'granted';
    const drawn = isGranted ? seededParameters(taskModel(task), task.seed, turn) : undefined;
    const seeded = drawn instanceof Promise ? await drawn : drawn;
    const parts = assemble({
      ...this.base,
      record: found.record,
      seeded,
      turn,
      onNotice: (notice) => this.emit('notice', notice),
      onReport: (report) => this.emit('version', report),
      onChange: () => this.changed(),
      onStorage: (problem) => {
        this.problem = problem?.message;
        if (problem) this.tell(problem);
        this.changed();
      },
      onProblem: (error) => this.tell(error),
    });
    parts.line.recall(found.contributions);
    await ledger.commit(found.record.checkpoint(), keptVersions(found.record, evaluator));
    await guides.recall(found.record);
    this.parts = parts;
    if (found.notice) this.emit('notice', found.notice);
    if (found.problem) this.tell(found.problem);
    return parts;
  }

  /**
   * Subscribes, listens for another coordinator, then begins. While the broker is away this goes on by itself, and the
   * start does not wait for it longer than listening would take.
   */
  private async enter(parts: Parts): Promise<void> {
    const { clock, claim, claimWaitMs } = this.base;
    const listener = new FederationListener({
      foundation: this.base,
      parts,
      isReady: () => this.stage === 'ready',
      onNotice: (notice) => this.emit('notice', notice),
      onChange: () => this.changed(),
    });
    const connected = listener.subscribe();
    const begun = connected.then(() => claim.acquire()).then(() => this.begin(parts));
    const onLateFailure = (error: unknown) => {
      if (this.isStopped()) return;
      this.refuse(error);
      this.tell(error);
    };
    await beginEvenOffline({ clock, waitMs: claimWaitMs, connected, begun, onLateFailure });
  }

  private begin({ record, teller }: Parts): void {
    if (this.stage !== 'starting') return;
    this.stage = 'ready';
    const { scout, guides } = this.base;
    const { version, accepted } = record;
    const imported = this.options.initial !== undefined && version === 0;
    scout.start({ fresh: version === 0 && accepted === 0, imported, guide: guides.recalled });
    teller.announce();
    if (!scout.warming) this.learn();
    this.changed();
  }

  /** Lets gateways train, unless it was stopped meanwhile. */
  private learn(): void {
    if (this.stage !== 'ready') return;
    this.parts?.line.start();
    this.parts?.grants?.start();
  }

  private layFoundation(): Foundation {
    return layFoundation(this.options, {
      newest: () => {
        const { record } = this.parts ?? this.ready();
        return { version: record.version, parameters: record.model.parameters.published };
      },
      onWarm: async (parameters) => {
        if (this.stage !== 'ready') return;
        if (parameters) await this.parts?.line.replace(parameters);
        else this.parts?.teller.announce();
        this.learn();
        this.changed();
      },
      onGuide: (guide) => {
        const { record, teller } = this.parts ?? this.ready();
        teller.task();
        this.base.guides.keep(record, guide);
      },
      onLost: (error) => {
        this.refuse(error);
        this.tell(error);
      },
      onProblem: (error) => this.tell(error),
    });
  }

  private onConnection(online: boolean): void {
    if (online === this.online) return;
    this.online = online;
    if (online && this.stage === 'ready') {
      // A broker may have lost what it was to remember.
      this.base.claim.announce();
      this.parts?.teller.announce();
    }
    this.changed();
  }

  /** Stays away from the federation from here on; what is on disk stays there. */
  private refuse(error: unknown): void {
    if (this.isStopped()) return;
    this.stage = 'refused';
    this.problem = messageOf(error);
    this.parts?.teller.silence();
    this.parts?.publisher.stop();
    this.parts?.grants?.stop();
    this.parts?.line.stop().catch((failure) => this.tell(failure));
    this.base.subscriptions.end().catch((failure) => this.tell(failure));
    this.changed();
  }

  private isStopped(): boolean {
    return this.stage === 'stopped';
  }

  private ready(): Parts {
    if (this.parts && this.stage === 'ready') return this.parts;
    const why = this.problem ? `: ${this.problem}` : '';
    throw new FtteError('not-ready', `the coordinator is ${this.phase}${why}`);
  }

  private tell(error: unknown): void {
    this.emit('problem', error instanceof Error ? error : new Error(messageOf(error)));
  }

  /** Tells the state once for all changes of this turn. */
  private changed(): void {
    if (this.stateDue) return;
    this.stateDue = true;
    queueMicrotask(() => {
      this.stateDue = false;
      if (!this.isStopped() && this.heard('state')) this.emit('state', this.state);
    });
  }
}

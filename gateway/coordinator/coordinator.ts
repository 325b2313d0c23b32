import { join } from 'node:path';
import {
  type Clock,
  FtteError,
  type Log,
  messageOf,
  type Random,
  silentLog,
  systemClock,
  systemRandom,
  TypedEmitter,
} from '../platform';
import type { Drop } from '../session';
import type { Sample } from '../stream';
import { modelKey, type SelectionGuide } from '../task';
import type { Message } from '../wire';
import { assemble, keptVersions, type Parts } from './assemble';
import { ClaimKeeper } from './claim-keeper';
import type { CoordinatorOptions } from './coordinator-options';
import type {
  CoordinatorEvents,
  CoordinatorFace,
  CoordinatorPhase,
  CoordinatorState,
} from './coordinator-types';
import { Evaluator } from './evaluator';
import { GuideFile } from './guide-file';
import { Membership, type MembershipChange } from './membership';
import { recover } from './recover';
import { Scout } from './scout';
import { Ledger } from './storage';
import { Subscriptions } from './subscriptions';

const defaultClaimWaitMs = 1_500;
const defaultMaxGateways = 10_000;
const defaultHeldOutBytes = 32 * 1024 * 1024;

/**
 * Owns the global model of one federation: takes updates when they come, waits for nobody, and makes a version of
 * each full buffer. What it is made of: `Membership` knows who takes part, `VersionLine` goes from updates to durable
 * versions, `ModelRecord` holds the model and its rules, `Ledger` the disk, `VersionTeller` what is told of versions,
 * `Grants` whose turn it is, `ClaimKeeper` that there is one coordinator, `Evaluator` what versions are worth, `Scout`
 * what gateways choose their plans by.
 */
export class Coordinator extends TypedEmitter<CoordinatorEvents> implements CoordinatorFace {
  private readonly clock: Clock;
  private readonly random: Random;
  private readonly log: Log;
  private readonly membership: Membership;
  private readonly evaluator: Evaluator;
  private readonly scout: Scout;
  private readonly ledger: Ledger;
  private readonly guideFile: GuideFile;
  private readonly claim: ClaimKeeper;
  private readonly subscriptions: Subscriptions;
  private stage: 'new' | 'starting' | 'ready' | 'refused' | 'stopped' = 'new';
  private recovering: Promise<void> | undefined;
  private parts: Parts | undefined;
  private online = true;
  private problem: string | undefined;
  /** Measured before a restart. */
  private guide: SelectionGuide | undefined;
  private guideWritten: Promise<void> = Promise.resolve();
  private stateDue = false;
  private stopConnection: (() => void) | undefined;

  constructor(private readonly options: CoordinatorOptions) {
    super();
    const { session, task, folder, createTrainer, heldOutBytes, claimWaitMs } = options;
    this.clock = options.clock ?? systemClock;
    this.random = options.random ?? systemRandom();
    this.log = options.log ?? silentLog;
    this.onListenerError = (error, event) => this.log.error(`a listener of ${event}: ${messageOf(error)}`);
    this.membership = new Membership(options.maxGateways ?? defaultMaxGateways);
    this.evaluator = new Evaluator({
      task,
      createTrainer,
      random: this.random,
      heldOutBytes: heldOutBytes ?? defaultHeldOutBytes,
      onProblem: (error) => this.tell(error),
    });
    // A folder a model: changing the task back finds the model of before.
    const ledgerFolder = folder === undefined ? undefined : join(folder, modelKey(task));
    this.guideFile = new GuideFile(ledgerFolder);
    this.scout = this.makeScout();
    this.ledger = new Ledger(ledgerFolder, options.keepCheckpoints ?? 3, this.log);
    this.claim = new ClaimKeeper({
      session,
      clock: this.clock,
      instance: this.random.hex(8),
      waitMs: claimWaitMs ?? defaultClaimWaitMs,
      onLost: (error) => {
        this.refuse(error);
        this.tell(error);
      },
      onSendFailed: (error) => this.log.warn(`the claim was not sent: ${messageOf(error)}`),
    });
    this.subscriptions = new Subscriptions(session, this.log);
  }

  get state(): CoordinatorState {
    const { record, line, grants } = this.parts ?? {};
    return {
      phase: this.phase,
      online: this.online,
      lineage: record?.lineage ?? '',
      version: record?.version ?? 0,
      buffered: line?.buffer.size ?? 0,
      bufferSize: record?.capacity ?? 0,
      gateways: this.membership.list(),
      ...(grants && { granted: grants.state }),
      heldOut: this.evaluator.windows,
      missingWindows: this.scout.missing,
      accepted: record?.accepted ?? 0,
      rejected: { ...record?.rejected },
      problem: this.problem,
    };
  }

  async start(): Promise<void> {
    if (this.stage !== 'new') throw new FtteError('not-ready', `the coordinator is ${this.stage} already`);
    this.stage = 'starting';
    this.stopConnection = this.options.onConnection?.((state) => this.onConnection(state === 'online'));
    this.changed();
    try {
      this.recovering = this.recover();
      await this.recovering;
      if (!this.isStopped()) await this.enter();
    } catch (error) {
      // Stopped while starting: there is nothing left to fail.
      if (this.isStopped()) return;
      this.refuse(error);
      throw error;
    }
  }

  async stop(): Promise<void> {
    if (this.stage === 'stopped') return;
    const wasReady = this.stage === 'ready';
    this.stage = 'stopped';
    this.stopConnection?.();
    await this.recovering?.catch(() => undefined);
    await this.subscriptions.end();
    this.parts?.grants?.stop();
    await this.parts?.line.stop();
    this.parts?.publisher.stop();
    await this.evaluator.close();
    await this.scout.close();
    await this.guideWritten;
    if (wasReady) await this.parts?.line.checkpoint().catch((error) => this.tell(error));
    await this.ledger.close().catch((error) => this.tell(error));
    this.claim.release();
    this.emit('state', this.state);
  }

  addHeldOut(sample: Sample): void {
    if (!this.scout.offer(sample)) this.evaluator.add(sample);
    this.scout.next();
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
    if (this.scout.warming) return 'warming';
    if (line.applying) return 'applying';
    return line.paused ? 'paused' : 'collecting';
  }

  private async recover(): Promise<void> {
    const { ledger, membership, evaluator, clock, log, random } = this;
    const { session, task, initial, bufferBytes, snapshotIntervalMs } = this.options;
    const found = await recover(ledger, task, membership, random, initial);
    const parts = assemble({
      record: found.record,
      session,
      ledger,
      membership,
      evaluator,
      scout: this.scout,
      clock,
      random,
      log,
      maxGateways: this.options.maxGateways ?? defaultMaxGateways,
      bufferBytes: bufferBytes ?? 64 * 1024 * 1024,
      snapshotIntervalMs: snapshotIntervalMs ?? 2_000,
      onNotice: (notice) => this.emit('notice', notice),
      onReport: (report) => this.emit('version', report),
      onChange: () => this.changed(),
      onStorage: (problem) => this.onStorage(problem),
      onProblem: (error) => this.tell(error),
    });
    parts.line.recall(found.contributions);
    await ledger.commit(found.record.checkpoint(), keptVersions(found.record, evaluator));
    const { lineage } = found.record;
    this.guide = await this.guideFile.read({ lineage, strategy: task.selection.strategy });
    this.parts = parts;
    if (found.notice) this.emit('notice', found.notice);
    if (found.problem) this.tell(found.problem);
  }

  /**
   * Subscribes, listens for another coordinator, then begins. While the broker is away this goes on by itself, and the
   * start does not wait for it longer than listening would take.
   */
  private async enter(): Promise<void> {
    let subscribed = false;
    let background = false;
    const begun = this.subscribe().then(async () => {
      subscribed = true;
      await this.claim.acquire();
      this.begin();
    });
    const offline = new Promise<void>((resolve) => {
      const timer = this.clock.after(this.options.claimWaitMs ?? defaultClaimWaitMs, () => {
        if (subscribed) return;
        background = true;
        resolve();
      });
      const settled = () => timer.cancel();
      begun.then(settled, settled);
    });
    begun.catch((error) => {
      if (!background || this.isStopped()) return;
      this.refuse(error);
      this.tell(error);
    });
    await Promise.race([begun, offline]);
  }

  private async subscribe(): Promise<void> {
    const { subscriptions, claim, membership } = this;
    subscriptions.onDrop((drop) => this.onDrop(drop));
    await Promise.all([
      subscriptions.hear('head', (head) => this.onHead(head)),
      subscriptions.hear('hello', ({ sender, budgetBytes }, { retained }) => {
        const change = membership.hello(sender, budgetBytes, retained, this.clock.now());
        if (change === 'full')
          this.log.warn(`gateway ${sender} is turned away: ${membership.size} are known`);
        else this.onMembership(sender, change);
      }),
      subscriptions.hear('presence', (presence) => {
        claim.onPresence(presence);
        const { sender, online } = presence;
        this.onMembership(sender, membership.presence(sender, online, this.clock.now()));
      }),
      subscriptions.hear('ready', ({ sender, lineage, ready, follows, anchorId }) => {
        const { record, grants } = this.parts ?? {};
        if (lineage !== record?.lineage) return;
        if (ready) grants?.ready(sender, { follows, anchor: anchorId });
        else grants?.left(sender);
      }),
      subscriptions.hear('update', (update, { bytes }) => this.parts?.line.take(update, bytes)),
      subscriptions.hear('sync', (sync) => {
        if (this.stage === 'ready' && !this.scout.warming) this.parts?.publisher.sync(sync.sender, sync);
      }),
      subscriptions.hear('claim', (message, { retained }) => claim.onClaim(message, retained)),
    ]);
  }

  private begin(): void {
    if (this.stage !== 'starting' || !this.parts) return;
    this.stage = 'ready';
    const { record, teller } = this.parts;
    const { version, accepted } = record;
    const imported = this.options.initial !== undefined && version === 0;
    this.scout.start({ fresh: version === 0 && accepted === 0, imported, guide: this.guide });
    teller.announce();
    if (!this.scout.warming) this.learn();
    this.changed();
  }

  /** Lets gateways train. */
  private learn(): void {
    this.parts?.line.start();
    this.parts?.grants?.start();
  }

  private makeScout(): Scout {
    const { task, createTrainer, heldOutBytes } = this.options;
    return new Scout({
      task,
      createTrainer,
      random: this.random,
      sampleBytes: heldOutBytes ?? defaultHeldOutBytes,
      heldOut: this.evaluator,
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
        const { record, teller } = this.ready();
        teller.task();
        const { lineage, task: learned } = record;
        const subject = { lineage, strategy: learned.selection.strategy };
        this.guideWritten = this.guideWritten
          .then(() => this.guideFile.write(subject, guide))
          .catch((error) => this.tell(error));
      },
      onProblem: (error) => this.tell(error),
    });
  }

  private onMembership(gateway: string, kind: MembershipChange): void {
    if (!kind) return;
    const budgetBytes = this.membership.get(gateway)?.budgetBytes ?? 0;
    this.emit('notice', { kind, gateway, online: this.membership.online, budgetBytes });
    this.changed();
    if (kind === 'left') this.parts?.grants?.left(gateway);
    else this.parts?.grants?.joined(gateway);
    // A smaller fleet fills a smaller buffer.
    this.parts?.line.advance();
  }

  /**
   * A head of another is what one that gave way had said before: ours is said again over it. A later one of ours is
   * what the broker remembers and the folder does not: an older copy of the folder came back.
   */
  private onHead({ sender, lineage, version }: Message<'head'>): void {
    if (!this.parts) return;
    const { record, line, teller } = this.parts;
    if (sender !== this.options.session.id) {
      if (this.stage === 'ready') teller.announce();
      return;
    }
    if (lineage !== record.lineage || version <= record.version) return;
    line.skipTo(version + 1);
    const text = `the broker knows version ${version}, the folder only ${record.version}: goes on as version ${version + 1}`;
    this.emit('notice', { kind: 'recovered', version: version + 1, text });
  }

  /** An update that was not even a message: its sender must hear that, or it would send it for ever. */
  private onDrop({ type, sender, id, detail }: Drop): void {
    if (this.stage !== 'ready' || !this.parts || type !== 'update' || !sender) return;
    const { record, publisher } = this.parts;
    const reason = 'malformed';
    record.countRejection(reason);
    this.parts.grants?.heard(sender);
    if (id) publisher.ack(sender, { id, status: 'rejected', reason, detail, version: record.version });
    this.emit('notice', { kind: 'rejected', gateway: sender, reason, detail });
    this.changed();
  }

  private onConnection(online: boolean): void {
    if (online === this.online) return;
    this.online = online;
    if (online && this.stage === 'ready') {
      // A broker may have lost what it was to remember.
      this.claim.announce();
      this.parts?.teller.announce();
    }
    this.changed();
  }

  private onStorage(problem: FtteError | undefined): void {
    this.problem = problem?.message;
    if (problem) this.tell(problem);
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
    this.subscriptions.end().catch((failure) => this.tell(failure));
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

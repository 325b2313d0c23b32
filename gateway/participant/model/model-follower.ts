import { type ImportanceScores, type ModelSpec, type ParameterLayout, parameterLayout } from '../../model';
import {
  asFtteError,
  type Clock,
  FtteError,
  type Log,
  messageOf,
  type Random,
  type Resumable,
  runAsync,
  runSync,
  silentLog,
  systemRandom,
  type Timer,
  TypedEmitter,
  type YieldToEventLoop,
} from '../../platform';
import { type Drop, type Session, SubscriptionGroup } from '../../session';
import { type Task, taskModel } from '../../task';
import { type RoleMessageType, routes, type TaskMessage } from '../../wire';
import { notUnderstood, refusalCode, refusalText, type TaskGate, type TaskRefusal } from '../policy';
import type { ModelFollowerEvents } from './follower-events';
import { HeldShares } from './held-shares';
import { type CatchingUp, type ModelMemory, ownMemory } from './model-memory';
import { RoundBaseBuilder } from './round-base';
import { VersionTracker } from './version-tracker';

/** Options of a model follower. */
export interface ModelFollowerOptions {
  readonly session: Session;
  readonly clock: Clock;
  readonly log?: Log;
  /** Spreads the requests of many gateways over time. Default: a generator with a seed of the operating system. */
  readonly random?: Random;
  /** The storage of the held version. Default: two vectors for this follower alone. */
  readonly memory?: ModelMemory;
  /**
   * Yields to the event loop between two steps of making a version, or the parameters of a grant. Default: each is made
   * at once.
   */
  readonly yieldToEventLoop?: YieldToEventLoop;
  /** Decides which tasks are taken; `stop` closes it. Absent: each task is. */
  readonly gate?: TaskGate;
}

/** Time that a task gets after a head of its lineage, ms; the same time again, at random, spreads the requests of a fleet. */
const taskMs = 5_000;

/** Types of message that only a coordinator sends. */
const coordinatorTypes = (Object.keys(routes) as RoleMessageType[]).filter(
  (type) => routes[type].branch !== 'gw',
);

/** A task that is not taken. */
interface HeldBack {
  /** Undefined if it cannot be read. */
  readonly message: TaskMessage | undefined;
  readonly refusal: TaskRefusal;
}

/**
 * The copy of the global model at a gateway. The messages of the coordinator keep it at the newest version: patches in
 * order, and a snapshot if it holds no version or missed one. The task names the lineage; messages of another lineage
 * are ignored.
 *
 * If rounds are granted, a grant brings the data that training needs. The model is then followed only while a caller of
 * `follow` needs it, and a gateway that waits downloads nothing.
 */
export class ModelFollower extends TypedEmitter<ModelFollowerEvents> {
  task: Task | undefined;
  model: ModelSpec | undefined;
  layout: ParameterLayout | undefined;
  modelKey = '';
  /** The scores that the coordinator has measured, by which gateways choose their plans. */
  importance: ImportanceScores | undefined;
  /** The lineage of the task. `parameters` are of this lineage, or absent. */
  lineage: string | undefined;

  private readonly session: Session;
  private readonly log: Log;
  private readonly memory: ModelMemory;
  private readonly turn: YieldToEventLoop | undefined;
  private readonly tracker: VersionTracker;
  private readonly shares: HeldShares;
  private roundBaseBuilder: RoundBaseBuilder;
  private taskText = '';
  private readonly gate: TaskGate | undefined;
  /** The newest task, if it was not taken. The task before it stays. */
  private heldBack: HeldBack | undefined;
  private subscriptions: SubscriptionGroup | undefined;
  /** The subscriptions that keep the model at the newest version. */
  private feed: SubscriptionGroup | undefined;
  private demand = 0;
  private readonly clock: Clock;
  private readonly random: Random;
  /** The lineage of the newest head. */
  private newest: string | undefined;
  /** Runs while that is another one than that of the task. */
  private taskWait: Timer | undefined;

  constructor(options: ModelFollowerOptions) {
    super();
    this.session = options.session;
    this.clock = options.clock;
    this.random = options.random ?? systemRandom();
    this.log = options.log ?? silentLog;
    this.shares = new HeldShares(this.log);
    this.memory = options.memory ?? ownMemory;
    this.turn = options.yieldToEventLoop;
    this.gate = options.gate;
    this.roundBaseBuilder = new RoundBaseBuilder(this.memory);
    this.onListenerError = (error, event) =>
      this.log.error(`listener of ${event}: ${messageOf(error)}`, 'unexpected');
    this.tracker = new VersionTracker({
      ...options,
      random: this.random,
      log: this.log,
      memory: this.memory,
      lineage: () => this.lineage,
      size: () => this.layout?.size,
      averageVersions: () => this.task?.aggregation.averageVersions ?? 1,
      isFollowing: () => this.following,
      onVersion: (lineage, cause) => this.emit('version', { lineage, version: this.version, cause }),
      onFailure: (error, what) => this.fail(error, what),
    });
  }

  /**
   * Subscribes, and requests the model as soon as a task is known. Resolves once subscribed, which needs a connection.
   * @throws FtteError `offline` (transport closed)
   */
  async start(): Promise<void> {
    const subscriptions = new SubscriptionGroup(this.session);
    this.subscriptions = subscriptions;
    if (this.gate) {
      await this.gate.open();
      if (this.subscriptions !== subscriptions) return;
    }
    const taskTopic = this.session.topicOf('task');
    subscriptions.onDrop((drop) => {
      const refusal = notUnderstood(drop, taskTopic);
      if (refusal) this.holdBack({ message: undefined, refusal });
      else this.reportDrop(drop);
    });
    // The task says whether the model is to be followed; the head of one that is not would be of no use.
    if (this.demand > 0) this.chooseFeed();
    await subscriptions.subscribe('task', (message) => this.onTask(message));
  }

  /** Keeps the model at the newest version whatever the task says, until the returned function is called. */
  follow(): () => void {
    this.demand++;
    this.chooseFeed();
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.demand--;
      this.chooseFeed();
    };
  }

  /** -1 while there are no parameters of the lineage. */
  get version(): number {
    return this.tracker.version;
  }

  /** The current global model, flat. It is never changed; the next version has another array. */
  get parameters(): Float32Array | undefined {
    return this.tracker.parameters;
  }

  /** The running average of recent versions, flat. It is never changed. */
  get average(): Float32Array | undefined {
    return this.tracker.average;
  }

  /** Logarithms of how often labels come in the federation; undefined: the coordinator did not say. */
  get labelShares(): Float32Array | undefined {
    return this.shares.logarithms(this.task?.labels.length ?? 0);
  }

  /** Takes how often labels come, from the head or the grant of a version; undefined: it does not say. */
  takeLabels(version: number, labels: Uint8Array | undefined): void {
    if (this.task) this.shares.take(version, labels, this.task.labels.length);
  }

  /** Whether the newest version is held or will be. */
  get following(): boolean {
    return this.feed !== undefined;
  }

  /** Whether a round could start: from the held version, or from one that a grant will bring. */
  get trainable(): boolean {
    return this.task !== undefined && (this.parameters !== undefined || !this.following);
  }

  /** The id of the held anchor; empty if there is none. */
  get anchorId(): string {
    return this.roundBaseBuilder.anchorId;
  }

  /**
   * The parameters from which a granted round starts, flat. The held version does not change. A promise if this
   * follower works in several turns.
   * @throws FtteError `message-invalid` if the grant does not fit the model of the task, or names an anchor that is not
   * held; `model-differs` if it leads to other parameters than at the coordinator, which learns of it
   */
  fromGrant(grant: CatchingUp): Float32Array | Promise<Float32Array> {
    const { task, model, layout } = this;
    if (!task || !model || !layout) throw new FtteError('not-ready', 'a grant arrived before a task');
    const steps = this.reportingDifference(
      grant,
      this.roundBaseBuilder.parameters(grant, { model, layout, seed: task.seed }),
    );
    return this.turn ? runAsync(steps, this.turn) : runSync(steps);
  }

  /**
   * Marks the held version as unknown to the coordinator, which may have restarted from an older copy of its folder and
   * counts on from there. Patches of its next versions do not fit this version, so a snapshot is requested.
   */
  invalidate(): void {
    this.tracker.invalidate();
  }

  /** The reason why the newest task was not taken; undefined: it was. */
  get refusal(): TaskRefusal | undefined {
    return this.heldBack?.refusal;
  }

  /** The task that was not taken; undefined if it cannot be read. */
  get heldBackTask(): Task | undefined {
    return this.heldBack?.message?.task;
  }

  /**
   * Takes the task that waits for a person.
   * @throws FtteError `not-ready` if none waits; `task-refused` if the policy does not allow it; `version-differs` if it
   * cannot be read
   */
  acceptTask(): void {
    const { heldBack } = this;
    if (!heldBack) throw new FtteError('not-ready', 'no task waits to be accepted');
    const { message, refusal } = heldBack;
    if (!message || refusal.kind !== 'waiting') throw new FtteError(refusalCode(refusal), refusal.text);
    this.gate?.accept(message.task);
    this.onTask(message);
  }

  /** Ends the subscriptions and timers. The held version stays readable. */
  async stop(): Promise<void> {
    this.tracker.stop();
    this.taskWait?.cancel();
    this.taskWait = undefined;
    const { feed, subscriptions } = this;
    this.feed = undefined;
    this.subscriptions = undefined;
    await Promise.all([subscriptions?.end(), feed?.end()]);
    await this.gate?.close();
  }

  /** The start of a round. If it is another one than at the coordinator, that is reported to it. */
  private *reportingDifference(
    { lineage, version }: CatchingUp,
    start: Resumable<Float32Array>,
  ): Resumable<Float32Array> {
    try {
      return yield* start;
    } catch (error) {
      const digest = error instanceof FtteError && error.code === 'model-differs' && error.details['digest'];
      if (typeof digest === 'string')
        this.session
          .send({ type: 'sync', lineage, version, digest })
          .catch((failure) => this.fail(failure, 'the difference cannot be reported'));
      throw error;
    }
  }

  private openFeed(): Promise<unknown> {
    const feed = new SubscriptionGroup(this.session);
    this.feed = feed;
    return Promise.all([
      feed.subscribe('patch', (patch) => this.tracker.takePatch(patch)),
      feed.subscribe('snapshot', (snapshot, { bytes }) => this.tracker.takeSnapshot(snapshot, bytes)),
      feed.subscribe('head', (head, info) => {
        if (head.lineage === this.lineage) this.takeLabels(head.version, head.labels);
        this.tracker.takeHead(head, info.retained);
        this.expectTask(head.lineage);
      }),
    ]);
  }

  /** The task of a head may be lost on its way, and nothing else would repeat it. */
  private expectTask(lineage: string): void {
    this.newest = lineage;
    const isLacking = () => this.lineage !== this.newest && !this.heldBack;
    const { clock, random, session } = this;
    if (this.taskWait || !isLacking()) return;
    const wait = (ms: number, then: () => void) => {
      this.taskWait = clock.after(ms, () => {
        this.taskWait = undefined;
        if (isLacking()) then();
      });
    };
    // A second subscription makes the broker repeat what it keeps.
    const ask = () => {
      session
        .subscribe('task', () => undefined)
        .then((end) => end())
        .catch((error) => this.log.debug?.(messageOf(error)));
    };
    wait(taskMs, () => wait(taskMs * random.uniform(), ask));
  }

  /** Follows the model or not, depending on the task and the callers of `follow`. */
  private chooseFeed(): void {
    if (!this.subscriptions) return;
    const wanted = this.demand > 0 || this.task?.aggregation.participation.kind === 'free';
    if (wanted === this.following) return;
    if (wanted) {
      this.openFeed().catch((error) => {
        if (this.subscriptions) this.fail(error, 'cannot follow the model');
      });
      this.tracker.wake();
      return;
    }
    void this.feed?.end();
    this.feed = undefined;
    this.tracker.rest();
  }

  private onTask(message: TaskMessage): void {
    const text = JSON.stringify([
      message.task,
      message.importance?.version,
      Object.keys(message.importance ?? {}),
    ]);
    const newLineage = message.lineage !== this.lineage;
    if (!newLineage && text === this.taskText) {
      this.holdBack(undefined);
      // The task was sent again, for example after a reconnect: its sender may now answer.
      this.tracker.wake();
      return;
    }
    let model: ModelSpec;
    try {
      model = taskModel(message.task);
    } catch (error) {
      this.fail(error, 'the task cannot be used');
      return;
    }
    const refusal = this.gate?.judge(message.task);
    this.holdBack(refusal && { message, refusal });
    if (refusal) return;
    this.task = message.task;
    this.taskText = text;
    this.model = model;
    this.modelKey = message.modelKey;
    this.importance = message.importance;
    if (newLineage) {
      this.lineage = message.lineage;
      this.layout = parameterLayout(model);
      this.shares.forget();
      this.tracker.forget();
      // Anchors that are made meanwhile from grants of the old lineage are dropped with it.
      this.roundBaseBuilder = new RoundBaseBuilder(this.memory);
    }
    this.chooseFeed();
    this.emit('task', {
      task: message.task,
      model,
      modelKey: message.modelKey,
      lineage: message.lineage,
      newLineage,
    });
    this.tracker.wake();
  }

  private holdBack(heldBack: HeldBack | undefined): void {
    const before = this.refusal?.text;
    this.heldBack = heldBack;
    const refusal = heldBack?.refusal;
    if (refusal?.text === before) return;
    this.emit('refusal', refusal);
    if (!refusal || this.hasListener('refusal')) return;
    this.log.warn(refusalText(refusal), refusalCode(refusal));
  }

  /** Bytes on a topic of the coordinator that nobody here reads. What is left out for its term or its signature is no fault. */
  private reportDrop({ reason, topic, detail }: Drop): void {
    const isOfCoordinator = coordinatorTypes.some((type) => this.session.topicOf(type) === topic);
    if (!isOfCoordinator || reason === 'term' || reason === 'security') return;
    const isOther = reason === 'version' || reason === 'field' || reason === 'type';
    this.log.warn(
      `what came on ${topic} is left out: ${detail}`,
      isOther ? 'version-differs' : 'message-invalid',
    );
  }

  private fail(error: unknown, what: string): void {
    const problem = asFtteError(error, 'message-invalid');
    this.log.warn(`${what}: ${problem.message}`, 'model-refused');
    this.emit('problem', problem);
  }
}

import type { ParameterLayout, Segment } from '../../model';
import { FtteError, type Resumable } from '../../platform';
import { modelKey, type Protection, protectionOf, type Task } from '../../task';
import { type PlaceAbove, UnsentProgress } from '../above/unsent-progress';
import {
  type Aggregator,
  type ContributionWeight,
  createAggregator,
  Damping,
  PseudoGradient,
} from '../aggregation';
import type { Contribution } from '../aggregation/contribution';
import { Originals } from '../aggregation/originals';
import { concurrencyOf } from '../fleet';
import type { Membership, RestoredMembers } from '../fleet/membership';
import type { Abandoned } from '../model/abandoned';
import { GlobalModel, type ModelChange, type ModelParameters } from '../model/global-model';
import type { PrivateVersions } from '../privacy';
import type { BestVersion } from '../reports';
import { Robustness, type Treatment } from '../robust';
import type { ServerOptimiser } from '../server-optimiser';
import type { SavedVersion, TrailStep, VersionState } from '../storage';

/** The weight of a contribution, and what was done against hostile gateways; undefined if the task asks for nothing. */
export interface TreatedWeight extends ContributionWeight {
  readonly treatment?: Treatment | undefined;
}

/**
 * The state of a coordinator that must survive a restart: the parameters, the state of the rules, and the counters. A
 * checkpoint is this state in a file.
 */
export class CoordinatorState {
  readonly modelKey: string;
  readonly model: GlobalModel;
  /** The term of the lease, and the run that holds it. */
  term = 0;
  run: string | undefined;
  accepted = 0;
  rejected: Record<string, number> = {};
  best: BestVersion | undefined;
  /** Versions that gateways found good; their checkpoints stay. A restart finds them again. */
  healthy: readonly number[] = [];
  /** The shares of labels that gateways received last; undefined: none. */
  labels: Uint8Array | undefined;
  abandoned: Abandoned[] = [];
  /** Contributions up to this sequence number are in the model. */
  appliedThrough = 0;
  nextSequence = 1;
  readonly aggregator: Aggregator;
  /** The protection against hostile gateways that the task has. */
  readonly protection: Protection;
  readonly robustness: Robustness;
  /** Undefined unless this coordinator is that of a region. */
  readonly above: UnsentProgress | undefined;
  private readonly server: ServerOptimiser;
  private readonly direction: PseudoGradient;
  private readonly damping: Damping | undefined;
  private readonly originals = new Originals();
  /** The step by which the newest version follows from the one before it; undefined if it does not, or nothing needs it. */
  private step: TrailStep | undefined;

  /**
   * @param initial parameters of version 0, `[layout.size]`
   * @param privacy given for a task with privacy of gateways
   * @param region given for a region: the version above that `initial` is; undefined in it: it is none
   */
  constructor(
    readonly task: Task,
    readonly layout: ParameterLayout,
    readonly lineage: string,
    initial: Float32Array,
    private readonly membership: Membership,
    readonly privacy?: PrivateVersions | undefined,
    region?: { readonly start: PlaceAbove | undefined },
  ) {
    this.modelKey = modelKey(task);
    this.model = new GlobalModel(initial, task.aggregation.averageVersions);
    this.protection = protectionOf(task);
    this.aggregator = createAggregator(settingsOf(task), task.training);
    this.server = this.aggregator.createServer();
    this.direction = new PseudoGradient(layout.size);
    this.above = region && new UnsentProgress(layout, region.start, initial);
    const { synchronous } = this.aggregator;
    this.robustness = new Robustness(this.protection.kind, layout.size, synchronous);
    const { damping, maxAge } = this.aggregator;
    // A contribution can become older than the largest age while it waits in the buffer.
    const versions = 2 * (maxAge + 1);
    this.damping = damping > 0 ? new Damping(damping, layout.size, { versions }) : undefined;
  }

  get version(): number {
    return this.model.version;
  }

  /** Number of contributions that fill the buffer at this time. */
  get capacity(): number {
    return this.privacy?.capacity ?? this.aggregator.capacity(this.concurrency);
  }

  /** Gateways that train at the same time: those that are online, or those with a grant. */
  get concurrency(): number {
    const { participation } = this.task.aggregation;
    return concurrencyOf(participation, this.membership.online, this.aggregator.cohortSize);
  }

  /** Contributions of versions that are older than this are refused. */
  get maxAge(): number {
    return this.aggregator.maxAge;
  }

  /** Number of the oldest waiting contributions that make a version; 0 while the rule waits for more. */
  ready(waiting: readonly Contribution[]): number {
    if (this.privacy) return this.privacy.ready(waiting);
    const enough = this.aggregator.ready(waiting, this.concurrency);
    return enough > 0 ? this.robustness.ready(waiting, enough, this.version, this.membership.online) : 0;
  }

  /**
   * The number of gateways that can be expected to contribute, where one that sends often must leave room for the updates of
   * others. Undefined: it need not.
   */
  get sharers(): number | undefined {
    const { robustness, version, membership } = this;
    if (!robustness.isLimited(version, membership.online)) return undefined;
    return Math.max(1, robustness.expected(version, membership.online));
  }

  /** Whether what waits is of enough gateways for a version, however few contributions that are. */
  isOfEnough(waiting: readonly Contribution[]): boolean {
    return this.robustness.ready(waiting, this.capacity, this.version, this.membership.online) > 0;
  }

  /**
   * Remembers all that a version moves before it is there: the memory of the rule, the server and the protection, and the deltas
   * themselves, which are copied only if they change.
   * @returns goes back to that, for a version that failed
   */
  *mark(): Resumable<() => void> {
    this.originals.forget();
    const server = new Map<string, Float32Array>();
    for (const [name, values] of this.server.arrays()) {
      server.set(name, values.slice());
      yield;
    }
    const undos = [this.aggregator.mark(), this.robustness.mark()];
    if (this.damping) undos.push(this.damping.mark());
    yield;
    return () => {
      this.originals.restore();
      this.server.restore(server);
      for (const undo of undos) undo();
    };
  }

  /** Combines contributions of the buffer, oldest first. The published model does not change yet. */
  *combine(contributions: readonly Contribution[]): Resumable<TreatedWeight[]> {
    const { direction, version, damping, robustness } = this;
    const treated = yield* robustness.treat(
      contributions,
      version,
      (isProtected) => this.aggregator.shares({ contributions, version, isProtected }, direction),
      this.originals,
    );
    if (treated) yield* robustness.learn(contributions, treated);
    const { factors, treatments, isActive: isProtected = false } = treated ?? {};
    const weighings = this.privacy
      ? yield* this.privacy.combine(contributions, version, direction, this.originals)
      : yield* this.aggregator.combine({ contributions, version, factors, isProtected }, direction);
    const { published } = this.model.parameters;
    if (damping) yield* damping.apply(direction, contributions, weighings, version, published);
    if (this.aggregator.scalesByCoverage) yield* direction.scaleByCoverage();
    // Last: a buffer of gateways in quarantine takes no step at all, also not the one back of damping.
    if (treated?.isVoid) yield* direction.clear();
    return weighings.map((weight, i) => ({ ...weight, treatment: treatments?.[i] }));
  }

  /** Makes the next version from the contributions that were combined last. It is visible only when it is complete. */
  *advance(
    contributions: readonly Contribution[],
    weighings: readonly ContributionWeight[],
  ): Resumable<ModelChange> {
    const { version: from, damping } = this;
    const change = yield* this.model.advance(
      this.direction,
      this.server,
      weighings,
      this.task.encoding.patch,
    );
    // First of all: whatever fails from here on, they are in the model.
    this.appliedThrough = contributions.at(-1)?.sequence ?? this.appliedThrough;
    this.originals.forget();
    const before = damping?.newest;
    this.step = before && { from, before, to: this.version, change };
    this.privacy?.advanced();
    this.above?.took(contributions);
    const oldest = this.version - this.maxAge;
    this.abandoned = this.abandoned.filter(({ before }) => before > oldest);
    return change;
  }

  /** Drops the contributions so far, and makes the next version from an earlier state of the model. */
  rollBack(to: SavedVersion): void {
    const next = this.version + 1;
    this.moveTo(next, to.parameters);
    this.server.restore(to.server);
    this.aggregator.restore(to.aggregator);
    this.robustness.restoreModel(to.aggregator);
    this.abandoned = [...this.abandoned, { after: to.version, before: next }];
    this.leaveWaiting();
    this.above?.replaced(this.model.parameters.exact);
  }

  /** Drops the contributions so far: no restart recalls them. */
  leaveWaiting(): void {
    this.appliedThrough = this.nextSequence - 1;
  }

  /** Gives contributions up, which are the oldest that wait: no restart recalls them. */
  leave(contributions: readonly Contribution[]): void {
    const last = contributions.at(-1)?.sequence ?? this.appliedThrough;
    this.appliedThrough = Math.max(this.appliedThrough, last);
  }

  /** Makes the next version from these parameters. */
  replace(parameters: Float32Array): void {
    this.moveTo(this.version + 1, { exact: parameters, published: parameters, average: parameters });
    this.above?.replaced(parameters);
  }

  /** Makes the next version from one of the federation above, with what this region has not sent yet on top of it. */
  *rebase(place: PlaceAbove, parameters: Float32Array, above: UnsentProgress): Resumable<ModelChange> {
    const { version: from, damping, model } = this;
    const undo = damping?.mark();
    damping?.remember(from, model.parameters.published);
    let change: ModelChange;
    try {
      change = yield* model.rebase(above.from, parameters, this.task.encoding.patch);
    } catch (error) {
      undo?.();
      throw error;
    }
    const before = damping?.newest;
    this.step = before && { from, before, to: this.version, change };
    above.moved(place, parameters);
    return change;
  }

  /** Drops the contributions so far, and makes the next version from one of another lineage above. */
  restartAbove(place: PlaceAbove, parameters: Float32Array, above: UnsentProgress): void {
    const next = this.version + 1;
    this.moveTo(next, { exact: parameters, published: parameters, average: parameters });
    this.abandoned = [...this.abandoned, { after: -1, before: next }];
    this.leaveWaiting();
    this.best = undefined;
    this.healthy = [];
    above.restarted(place, parameters);
  }

  /** The content of a checkpoint at this time. The arrays are views and must be written before anything changes. */
  checkpoint(): VersionState {
    const { lineage, version, task, accepted, rejected, best, abandoned, appliedThrough, nextSequence } =
      this;
    const { term, run } = this;
    return {
      term,
      run,
      lineage,
      version,
      modelKey: this.modelKey,
      task,
      appliedThrough,
      nextSequence,
      accepted,
      rejected,
      best,
      labels: this.labels && [...this.labels],
      abandoned,
      members: this.membership,
      parameters: this.model.parameters,
      residue: this.model.residue,
      past: this.damping?.range,
      step: this.step?.to === version ? this.step : undefined,
      above: this.above?.saved(),
      server: this.server.arrays(),
      aggregator: new Map([
        ...this.aggregator.arrays(),
        ...this.robustness.arrays(),
        ...(this.privacy?.arrays() ?? []),
      ]),
    };
  }

  /**
   * Continues from a checkpoint of the same model.
   * @param members the members at the time of the checkpoint; absent: the members stay as they are
   * @throws FtteError `checkpoint-damaged` if it is of another model
   */
  restore(from: SavedVersion, members?: RestoredMembers): void {
    if (from.modelKey !== this.modelKey) {
      throw new FtteError(
        'checkpoint-damaged',
        `the checkpoint is of model ${from.modelKey}, expected ${this.modelKey} of the task`,
      );
    }
    this.moveTo(from.version, from.parameters, from.residue);
    this.server.restore(from.server);
    this.aggregator.restore(from.aggregator);
    this.robustness.restore(from.aggregator);
    this.privacy?.restore(from.aggregator);
    this.term = from.term;
    this.run = from.run;
    this.accepted = from.accepted;
    this.rejected = { ...from.rejected };
    this.best = from.best;
    this.labels = from.labels && Uint8Array.from(from.labels);
    this.abandoned = [...from.abandoned];
    this.appliedThrough = from.appliedThrough;
    this.nextSequence = from.nextSequence;
    if (from.above) this.above?.restore(from.above);
    else this.above?.replaced(this.model.parameters.exact);
    if (members) this.membership.restore(members);
  }

  /** Whether earlier versions are needed. */
  get damped(): boolean {
    return this.damping !== undefined;
  }

  /** Stores a version before this one, as the gateways received it. The oldest comes first. */
  rememberPast(version: number, published: Float32Array): void {
    this.damping?.remember(version, published);
  }

  private moveTo(version: number, parameters: ModelParameters, residue?: readonly Segment[]): void {
    this.model.restore(version, parameters, residue);
    this.step = undefined;
    this.damping?.forget();
  }

  /** The sequence number of the next contribution. It is never used again. */
  takeSequence(): number {
    return this.nextSequence++;
  }

  /** Counts an accepted update. */
  count({ gateway, id, counter }: Contribution, nowMs: number): void {
    this.membership.accepted(gateway, { id, counter }, nowMs, this.version);
    this.accepted++;
  }

  /** Counts a contribution that was read from the journal. The checkpoint may have counted it before it was applied. */
  recall(contribution: Contribution, nowMs: number): void {
    const { gateway, sequence } = contribution;
    this.nextSequence = Math.max(this.nextSequence, sequence + 1);
    const verdict = this.membership.get(gateway)?.seen.judge(contribution) ?? 'new';
    if (verdict === 'new') this.count(contribution, nowMs);
  }

  countRejection(reason: string): void {
    this.rejected[reason] = (this.rejected[reason] ?? 0) + 1;
  }
}

/** The settings of the rule: of masked updates, whose weights gateways multiply in, age and variance weigh nothing. */
function settingsOf(task: Task): Task['aggregation'] {
  const { aggregation } = task;
  return aggregation.masked ? { ...aggregation, age: { kind: 'constant' }, variance: 'none' } : aggregation;
}

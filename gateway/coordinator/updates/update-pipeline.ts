import { mostListed } from '../../masking';
import {
  FtteError,
  type Resumable,
  runAsync,
  runSync,
  SerialQueue,
  type Timer,
  type YieldToEventLoop,
} from '../../platform';
import { type Ack, type Evaluation, lengthOf, type Message } from '../../wire';
import type { PlaceAbove, UnsentProgress } from '../above/unsent-progress';
import type { Contribution } from '../aggregation/contribution';
import type { Membership } from '../fleet/membership';
import type { MaskedSums } from '../masking/masked-sums';
import type { ModelChange } from '../model/global-model';
import type { VersionReport } from '../reports';
import { ContributionBuffer } from './contribution-buffer';
import { DeltaPool } from './delta-pool';
import { type Incoming, notStored, UpdateAdmission } from './update-admission';
import { type NewVersion, VersionWriter, type VersionWriterOptions } from './version-writer';

/** Options of `UpdatePipeline`. */
export interface UpdatePipelineOptions extends VersionWriterOptions {
  readonly membership: Membership;
  /** Yields to the event loop between two steps of a version; absent: a version is made without a pause. */
  readonly yieldToEventLoop?: YieldToEventLoop | undefined;
  /** Opens the sums of masked updates. Absent: updates have no masks. */
  readonly sums?: MaskedSums | undefined;
  /** Whether contributions of a gateway count. */
  readonly counts?: ((gateway: string) => boolean) | undefined;
  /** Whether updates must have a counter (P-28). */
  readonly needsCounter: boolean;
  /** Memory for waiting contributions. */
  readonly bufferBytes: number;
  /** Takes what a gateway has measured of the base version of its update. */
  readonly onEvaluation?: ((gateway: string, version: number, evaluation: Evaluation) => void) | undefined;
  /** Receives a warning about masked updates that count for nothing. */
  readonly onLost?: ((text: string) => void) | undefined;
  /** Receives a warning about privacy of gateways: the noise of versions, or updates that cannot be paid for. */
  readonly onPrivacy?: ((code: 'privacy-noise' | 'privacy-spent', text: string) => void) | undefined;
  /** Acknowledges an update; an accepted one is on disk by then. */
  readonly answer: (update: Message<'update'>, verdict: Omit<Ack, 'type' | 'id' | 'version'>) => void;
  /** The status has changed. */
  readonly onChange: () => void;
  readonly onProblem: (error: unknown) => void;
}

/**
 * Makes versions of updates, one step at a time: check, journal, acknowledge, buffer, apply, checkpoint, publish.
 * Updates that arrive during a write are written together after it. Only updates on disk are acknowledged, and only
 * versions on disk are published.
 */
export class UpdatePipeline {
  readonly buffer = new ContributionBuffer();
  private readonly pool = new DeltaPool();
  private readonly queue = new SerialQueue();
  private readonly writer: VersionWriter;
  private readonly admission: UpdateAdmission;
  private incoming: Incoming[] = [];
  private incomingBytes = 0;
  private waitTimer: Timer | undefined;
  private settleTimer: Timer | undefined;
  private open = false;
  private isPaused = false;
  private isApplying = false;
  private isMaking = false;
  /** Contributions of the version that is written to the ledger of privacy at this time. */
  private paying: ReadonlySet<Contribution> = none;

  constructor(private readonly options: UpdatePipelineOptions) {
    const publish = (version: NewVersion) => {
      options.publish(version);
      for (const { delta } of version.contributions) this.pool.give(delta);
    };
    this.writer = new VersionWriter({ ...options, publish }, () => this.tryDisk());
    this.admission = new UpdateAdmission({
      ...options,
      epoch: () => options.sums && (options.sums.board.committee?.epoch ?? ''),
      disk: this.writer.disk,
      buffer: this.buffer,
      pool: this.pool,
    });
  }

  get paused(): boolean {
    return this.isPaused;
  }

  get applying(): boolean {
    return this.isApplying;
  }

  /** Whether no version is being made or about to be: a round that begins now begins with the newest version. */
  get resting(): boolean {
    return this.open && !this.isPaused && !this.isMaking && this.saved && this.due() === 0;
  }

  /** Whether the newest version is on disk. */
  get saved(): boolean {
    return this.writer.saved;
  }

  /** Puts contributions of the journal back into the buffer; before `start`. */
  recall(contributions: readonly Contribution[]): void {
    const { state, clock, onPrivacy } = this.options;
    for (const contribution of contributions) {
      state.recall(contribution, clock.now());
      this.buffer.add(contribution);
    }
    if (state.privacy?.isNew && this.buffer.size > 0) {
      const dropped = this.buffer.take(this.buffer.size);
      // No later start finds them in the journal.
      state.leaveWaiting();
      const why = 'they are from before the task had privacy of gateways, and nobody has paid for them';
      onPrivacy?.('privacy-spent', `${droppedText(dropped)}: ${why}`);
    }
    this.dropOutdated();
    this.discard();
  }

  /** Drops the waiting contributions of gateways that do not count any more. @returns how many */
  discard(): number {
    const { counts, onChange } = this.options;
    if (!counts) return 0;
    // What is being paid for is in the next version already.
    const dropped = this.buffer.keep((one) => this.paying.has(one) || counts(one.gateway));
    for (const { delta } of dropped) this.pool.give(delta);
    if (dropped.length > 0) onChange();
    return dropped.length;
  }

  /** Accepts updates from now on. */
  start(): void {
    this.open = true;
    this.writer.disk.start();
    this.advance();
  }

  /** Accepts no more updates and ends the timers; resolves when the jobs in the queue are done. */
  async stop(): Promise<void> {
    this.open = false;
    this.waitTimer?.cancel();
    this.settleTimer?.cancel();
    this.writer.disk.stop();
    await this.queue.idle();
  }

  /** Takes an update. Without room it is not stored: its gateway keeps it and sends it again. */
  take(update: Message<'update'>, bytes: number): void {
    if (!this.open) return;
    const size = deltaBytes(update);
    const used = this.buffer.bytes + this.incomingBytes;
    const detail = this.noRoomFor(update, used > 0 ? used + size : 0);
    if (detail !== undefined) {
      this.options.answer(update, { status: 'not-stored', detail });
      return;
    }
    this.incoming.push({ update, bytes });
    this.incomingBytes += size;
    if (this.incoming.length === 1) this.enqueue(() => this.drain());
  }

  /** The reason why an update cannot wait here. */
  private noRoomFor({ sender }: Message<'update'>, bytes: number): string | undefined {
    const { sums, bufferBytes, state } = this.options;
    if (bytes > bufferBytes) return 'its memory for updates that wait is full';
    if (!sums && !state.leavesRoom) return undefined;
    // A sum, and protection, need several gateways: what waits of one must leave room for the others.
    const own =
      this.buffer.count(sender) + this.incoming.filter(({ update }) => update.sender === sender).length;
    if (sums)
      return own >= mostListed
        ? `${mostListed} masked updates of this gateway wait for those of others`
        : undefined;
    return own >= mostOfOne || (own > 0 && bytes > partOfRepeated * bufferBytes)
      ? `${own} updates of this gateway wait for those of others`
      : undefined;
  }

  /** Applies the buffer if it is full now; its capacity may depend on the gateways online. */
  advance(): void {
    if (this.open) this.enqueue(() => this.applyFull());
  }

  /** Applies the buffer, full or not. @throws FtteError `storage`; `privacy-ledger`; `not-ready` naming why no version can be made */
  applyNow(): Promise<void> {
    return this.queue.run(async () => {
      await this.writer.requireSaved();
      this.dropOutdated();
      const count = this.all();
      if (this.buffer.size > 0 && (count === 0 || !(await this.apply(count, 'request')))) {
        this.limitWait(true);
        throw this.hindrance;
      }
      await this.writer.requireSaved();
    });
  }

  pause(): void {
    this.isPaused = true;
    this.waitTimer?.cancel();
    this.waitTimer = undefined;
    this.options.onChange();
  }

  resume(): void {
    this.isPaused = false;
    this.options.onChange();
    this.advance();
  }

  /** Ends the quarantine or probation of a gateway. @throws FtteError `config-invalid` if there is none; `storage` */
  release(gateway: string): Promise<void> {
    return this.queue.run(async () => {
      await this.writer.requireSaved();
      if (!this.options.state.robustness.release(gateway)) {
        const text = `gateway ${gateway} is neither quarantined nor on probation, so it cannot be released`;
        throw new FtteError('config-invalid', text, { gateway });
      }
      await this.writer.commit();
    });
  }

  /** Writes a checkpoint of the newest version now. @throws FtteError `storage` */
  checkpoint(): Promise<void> {
    return this.queue.run(async () => {
      await this.writer.requireSaved();
      await this.writer.commit();
    });
  }

  /**
   * Makes the model of a version whose checkpoint is kept the newest version.
   * @returns the number of waiting contributions that are dropped: they began at versions that are left behind
   * @throws FtteError `config-invalid` (not kept), `checkpoint-damaged`, `storage`
   */
  rollback(version: number): Promise<number> {
    return this.queue.run(async () => {
      await this.writer.requireSaved();
      this.options.state.rollBack(await this.options.modelStore.load(version));
      const dropped = this.buffer.take(this.buffer.size).length;
      this.writer.takeWhole('request');
      await this.writer.save();
      await this.writer.requireSaved();
      return dropped;
    });
  }

  /** Makes these parameters the next version, before any gateway has trained. */
  replace(parameters: Float32Array): Promise<void> {
    return this.queue.run(async () => {
      await this.writer.requireSaved();
      this.options.state.replace(parameters);
      this.writer.takeWhole('warm-start');
      await this.writer.save();
    });
  }

  /**
   * Makes a version of one of the federation above. What this region has not sent stays on top of it; if its lineage is another
   * one, nothing stays.
   * @throws FtteError `storage` if a version cannot be written
   */
  rebase(place: PlaceAbove, parameters: Float32Array, above: UnsentProgress): Promise<void> {
    return this.queue.run(async () => {
      await this.writer.requireSaved();
      if (place.lineage === above.base.lineage) await this.steps(this.rebased(place, parameters, above));
      else {
        this.options.state.restartAbove(place, parameters, above);
        for (const { delta } of this.buffer.take(this.buffer.size)) this.pool.give(delta);
        this.writer.takeWhole('above');
      }
      await this.writer.save();
      await this.writer.requireSaved();
    });
  }

  /** Takes steps between two versions; the newest is on disk. @throws FtteError `storage` if it cannot be written */
  between(steps: () => Resumable<void>): Promise<void> {
    return this.queue.run(async () => {
      await this.writer.requireSaved();
      await this.steps(steps());
    });
  }

  /** Continues at a later number, because gateways may hold another model under the present number. */
  renumber(version: number): void {
    this.enqueue(async () => {
      if (!(await this.writer.save()) || this.options.state.version >= version) return;
      this.options.state.model.renumber(version);
      this.writer.takeWhole('request');
      await this.writer.save();
    });
  }

  private enqueue(job: () => Promise<unknown>): void {
    this.queue.run(job).catch((error) => this.options.onProblem(error));
  }

  private async drain(): Promise<void> {
    try {
      while (this.incoming.length > 0) {
        // A version that cannot be paid for holds its gateways' next updates up; they must not be refused for it.
        const isOwed = this.options.state.privacy !== undefined && this.writer.disk.failing;
        const writable = (await this.writer.save()) && !isOwed;
        // Decoding a large update took one turn; checking it is for the next.
        if (this.options.yieldToEventLoop) await this.options.yieldToEventLoop();
        // As many as fill the buffer: later ones are compared with the version that these make.
        const room = this.isPaused ? this.incoming.length : this.options.state.capacity - this.buffer.size;
        const batch = this.incoming.splice(0, Math.max(1, room));
        try {
          if (writable) {
            await this.admission.admit(batch);
            // A gateway may have been excluded while its update was being written.
            this.discard();
            this.options.onChange();
          } else
            for (const { update } of batch) this.options.answer(update, notStored(this.writer.disk.problem));
        } finally {
          for (const { update } of batch) this.incomingBytes -= deltaBytes(update);
        }
        await this.applyFull();
      }
    } finally {
      // A failure with these updates must not hold up later ones.
      if (this.incoming.length > 0) this.enqueue(() => this.drain());
    }
  }

  /** Tries a disk that failed: with the version that waits for it, or with the newest version once more. */
  private tryDisk(): void {
    if (!this.open) return;
    this.enqueue(async () => {
      await this.writer.tryDisk();
      await this.applyFull();
    });
  }

  private async applyFull(): Promise<void> {
    if (!(await this.writer.save())) return;
    this.dropOutdated();
    for (let due = this.due(); due > 0; due = this.due()) {
      const { size } = this.buffer;
      // What is lost makes room for what is left.
      if (!(await this.apply(due, 'full')) && this.buffer.size === size) break;
      if (!this.saved) return;
    }
    this.limitWait();
  }

  /** Whether a version of what waits may be made at all. */
  private get canMake(): boolean {
    return !this.isPaused && this.buffer.size > 0 && !this.options.state.privacy?.problem;
  }

  /** The number of contributions that make a version now: those the rule asks for, or all if memory runs out. */
  private due(): number {
    const { size, bytes, contributions } = this.buffer;
    if (!this.canMake) return 0;
    const ready = this.options.state.ready(contributions);
    const { sums } = this.options;
    if (sums) return ready === 0 ? 0 : sums.openable(contributions, ready).length;
    return ready === 0 && bytes > this.options.bufferBytes / 2 ? size : ready;
  }

  /** All contributions that wait, or as many as make one masked sum; 0 if these are of too few gateways. */
  private all(): number {
    const { size, contributions } = this.buffer;
    const { sums } = this.options;
    return sums ? sums.openable(contributions, Math.min(size, mostListed)).length : size;
  }

  /**
   * Applies a buffer that is not full after `maxWaitMs`, counted from its first contribution.
   * @param isDue whether what waits would be a version, if it were of enough gateways for a masked sum
   */
  private limitWait(isDue = this.canMake && this.options.state.ready(this.buffer.contributions) > 0): void {
    if (isDue || this.buffer.size === 0) this.options.sums?.noteWaiting(this.buffer.contributions);
    if (this.buffer.size === 0 || this.isPaused || !this.open) return;
    const settlesInMs = this.options.state.privacy?.settlesInMs ?? 0;
    if (settlesInMs > 0)
      this.settleTimer ??= this.options.clock.after(settlesInMs, () => {
        this.settleTimer = undefined;
        this.advance();
      });
    this.waitTimer ??= this.options.clock.after(this.options.state.task.aggregation.maxWaitMs, () => {
      this.waitTimer = undefined;
      this.enqueue(async () => {
        if (!(await this.writer.save()) || this.isPaused || this.buffer.size === 0) return;
        this.dropOutdated();
        const count = this.all();
        if (count === 0 || !(await this.apply(count, 'max-wait'))) this.limitWait(true);
      });
    });
  }

  /** The reason why no version could be made of the contributions that wait. */
  private get hindrance(): FtteError {
    const { state, sums } = this.options;
    const problem = state.privacy?.problem ?? this.writer.disk.problem;
    if (problem) return problem;
    const text = sums
      ? 'the sum of the masked updates that wait cannot be opened now'
      : 'the privacy budget of the gateways whose updates waited is spent';
    return new FtteError('not-ready', text);
  }

  /** @returns false if no version could be paid for, it waits for helpers, or what it should be made of is lost */
  private async apply(count: number, cause: VersionReport['cause']): Promise<boolean> {
    this.waitTimer?.cancel();
    this.waitTimer = undefined;
    const contributions = await this.takePaid(count);
    if (!contributions) return false;
    this.isApplying = true;
    this.options.onChange();
    try {
      await this.steps(this.make(contributions, cause));
      await this.writer.save();
    } finally {
      this.isApplying = false;
    }
    this.limitWait();
    this.options.onChange();
    return true;
  }

  /** The oldest contributions, paid for and without masks. Undefined if one of the two is not possible. */
  private async takePaid(count: number): Promise<readonly Contribution[] | undefined> {
    try {
      return (await this.pay(count)) ? await this.takeOpened(count) : undefined;
    } finally {
      this.paying = none;
      // A gateway may have been excluded while that was written.
      this.discard();
    }
  }

  /** The oldest contributions, without masks. Undefined if these cannot be taken off now, or never. */
  private async takeOpened(count: number): Promise<readonly Contribution[] | undefined> {
    const { sums, onChange } = this.options;
    if (!sums) return this.buffer.take(count);
    const wanted = sums.openable(this.buffer.contributions, count);
    const opened = wanted.length > 0 ? await sums.open(wanted) : undefined;
    // A gateway may have been excluded meanwhile.
    if (!opened || !wanted.every((one) => this.buffer.contributions.includes(one))) return undefined;
    for (const { delta } of this.buffer.keep((one) => !wanted.includes(one))) this.pool.give(delta);
    onChange();
    return opened.kind === 'opened' ? opened.contributions : undefined;
  }

  /** Drops masked updates that nobody can open any more, and in a task with masks those that have none. */
  private dropOutdated(): void {
    const { sums, onLost, onChange } = this.options;
    const { contributions } = this.buffer;
    const outdated = sums ? sums.outdated(contributions) : contributions.filter(({ masks }) => masks);
    if (outdated.length === 0) return;
    const out = new Set(outdated);
    for (const { delta } of this.buffer.keep((one) => !out.has(one))) this.pool.give(delta);
    const why = sums
      ? 'they are not masked for the committee of helpers that there is now'
      : 'they have masks, which the task does not ask for any more';
    onLost?.(`${droppedText(outdated)}: ${why}`);
    onChange();
  }

  /**
   * Writes what a version spends of the privacy of its gateways. Contributions that cannot be paid for are dropped first: that
   * of a gateway whose last round was paid for in a version that never came.
   * @returns whether the version may be made
   */
  private async pay(count: number): Promise<boolean> {
    const { state, onPrivacy } = this.options;
    const { privacy } = state;
    if (!privacy) return true;
    if (privacy.problem) return false;
    const unpaid = new Set(privacy.unpaid(this.buffer.contributions.slice(0, count)));
    if (unpaid.size > 0) {
      for (const { delta } of this.buffer.keep((contribution) => !unpaid.has(contribution)))
        this.pool.give(delta);
      const isSpent = ({ gateway }: Contribution) => !this.buffer.has(gateway);
      for (const [dropped, why] of [
        [
          [...unpaid].filter(isSpent),
          'a version that was interrupted has spent the rest of their privacy budget',
        ],
        [[...unpaid].filter((one) => !isSpent(one)), 'their privacy budget pays for one update in a version'],
      ] as const)
        if (dropped.length > 0) onPrivacy?.('privacy-spent', `${droppedText(dropped)}: ${why}`);
      return this.pay(Math.min(count, this.buffer.size));
    }
    const paid = this.buffer.contributions.slice(0, count);
    if (paid.length === 0) return false;
    this.paying = new Set(paid);
    if (!(await this.writer.disk.write(() => privacy.pay(paid, state.version + 1, state.lineage))))
      return false;
    const warning = privacy.entries.at(-1)?.begins ? privacy.warning : undefined;
    if (warning !== undefined) onPrivacy?.('privacy-noise', warning);
    return true;
  }

  /** The steps of a version. The last one makes it the newest and marks it unsaved, at the same time. */
  private *make(contributions: readonly Contribution[], cause: VersionReport['cause']): Resumable<void> {
    const { state } = this.options;
    // Reading and checking the updates was a turn of its own; the end of combining is another.
    yield;
    const weights = yield* state.combine(contributions);
    yield;
    const change = yield* state.advance(contributions, weights);
    this.writer.take({ change, contributions, weights, cause });
    if (change.overflowed > 0) this.options.onProblem(overflow(state.version, change));
  }

  private *rebased(place: PlaceAbove, parameters: Float32Array, above: UnsentProgress): Resumable<void> {
    const { state } = this.options;
    const change = yield* state.rebase(place, parameters, above);
    this.writer.take({ change, contributions: [], weights: [], cause: 'above' });
    if (change.overflowed > 0) this.options.onProblem(overflow(state.version, change));
  }

  /** Runs the steps of a version; until they are done, the newest version is about to be replaced. */
  private async steps(steps: Resumable<void>): Promise<void> {
    const { yieldToEventLoop } = this.options;
    if (!yieldToEventLoop) return runSync(steps);
    this.isMaking = true;
    try {
      await runAsync(steps, yieldToEventLoop);
    } finally {
      this.isMaking = false;
    }
  }
}

const none: ReadonlySet<Contribution> = new Set();

/** Updates of one gateway that wait at most, where they must leave room for others. */
const mostOfOne = 32;
/** The share of the memory for waiting updates that is filled at most when more than one of a gateway waits: less than makes a version. */
const partOfRepeated = 0.25;

/** Memory that the delta of an update takes when it is decoded. */
function deltaBytes({ delta }: Message<'update'>): number {
  return lengthOf(delta) * Float32Array.BYTES_PER_ELEMENT;
}

/** Gateways that a sentence names at most. */
const mostNamed = 5;

function droppedText(contributions: Iterable<Contribution>): string {
  const names = [...new Set([...contributions].map(({ gateway }) => gateway))];
  const named = names.slice(0, mostNamed).join(', ');
  const others = names.length > mostNamed ? ` and ${names.length - mostNamed} others` : '';
  return `updates of ${named}${others} that waited are dropped`;
}

function overflow(version: number, { overflowed }: ModelChange): FtteError {
  return new FtteError(
    'update-rejected',
    `${overflowed} parameters of version ${version} would have left the range of float32 and stayed as they were; lower aggregation.maxNorm or the server's learning rate`,
    { version, overflowed },
  );
}

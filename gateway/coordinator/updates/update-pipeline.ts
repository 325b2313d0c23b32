import {
  FtteError,
  messageOf,
  type Resumable,
  runAsync,
  runSync,
  SerialQueue,
  type Timer,
  type YieldToEventLoop,
} from '../../platform';
import type { Ack, Evaluation, Message } from '../../wire';
import type { PlaceAbove, UnsentProgress } from '../above/unsent-progress';
import type { Contribution } from '../aggregation/contribution';
import type { Membership } from '../fleet/membership';
import type { ModelChange } from '../model/global-model';
import type { VersionReport } from '../reports';
import type { ContributionBuffer } from './contribution-buffer';
import { DeltaPool } from './delta-pool';
import { deltaBytes, IncomingUpdates } from './incoming-updates';
import { notStored, UpdateAdmission } from './update-admission';
import { type NewVersion, VersionWriter, type VersionWriterOptions } from './version-writer';
import { WaitingContributions, type WaitingContributionsOptions } from './waiting-contributions';

/** Options of `UpdatePipeline`. */
export interface UpdatePipelineOptions extends VersionWriterOptions, WaitingContributionsOptions {
  readonly membership: Membership;
  /** Yields to the event loop between two steps of a version; absent: a version is made without a pause. */
  readonly yieldToEventLoop?: YieldToEventLoop | undefined;
  /** Whether updates must have a counter (P-28). */
  readonly needsCounter: boolean;
  /** Takes what a gateway has measured of the base version of its update. */
  readonly onEvaluation?: ((gateway: string, version: number, evaluation: Evaluation) => void) | undefined;
  /** Acknowledges an update; an accepted one is on disk by then. */
  readonly answer: (update: Message<'update'>, verdict: Omit<Ack, 'type' | 'id' | 'version'>) => void;
  readonly onProblem: (error: unknown) => void;
}

/**
 * Makes versions of updates, one step at a time: check, journal, acknowledge, buffer, apply, checkpoint, publish.
 * Updates that arrive during a write are written together after it. Only updates on disk are acknowledged, and only
 * versions on disk are published.
 */
export class UpdatePipeline {
  private readonly pool = new DeltaPool();
  private readonly queue = new SerialQueue();
  private readonly writer: VersionWriter;
  private readonly admission: UpdateAdmission;
  private readonly waiting: WaitingContributions;
  private readonly incoming = new IncomingUpdates();
  private waitTimer: Timer | undefined;
  private settleTimer: Timer | undefined;
  private open = false;
  private isPaused = false;
  private isApplying = false;
  private isMaking = false;

  constructor(private readonly options: UpdatePipelineOptions) {
    const publish = (version: NewVersion) => {
      options.publish(version);
      for (const { delta } of version.contributions) this.pool.give(delta);
    };
    this.writer = new VersionWriter({ ...options, publish }, () => this.tryDisk());
    this.waiting = new WaitingContributions(options, this.writer.disk, this.pool);
    this.admission = new UpdateAdmission({
      ...options,
      epoch: () => options.sums && (options.sums.board.committee?.epoch ?? ''),
      disk: this.writer.disk,
      buffer: this.buffer,
      pool: this.pool,
    });
  }

  /** Contributions that wait for a version. */
  get buffer(): ContributionBuffer {
    return this.waiting.buffer;
  }

  get paused(): boolean {
    return this.isPaused;
  }

  get applying(): boolean {
    return this.isApplying;
  }

  /** Whether no version is being made or about to be: a round that begins now begins with the newest version. */
  get resting(): boolean {
    return this.open && !this.isPaused && !this.isMaking && this.saved && this.due === 0;
  }

  /** Whether the newest version is on disk. */
  get saved(): boolean {
    return this.writer.saved;
  }

  /** Puts contributions of the journal back into the buffer; before `start`. */
  recall(contributions: readonly Contribution[]): void {
    this.waiting.recall(contributions, this.options.clock.now());
  }

  /** Drops the waiting contributions of gateways that do not count any more. @returns how many */
  discard(): number {
    return this.waiting.discard();
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
    const { incoming } = this;
    const used = this.buffer.bytes + incoming.bytes;
    const all = used > 0 ? used + deltaBytes(update) : 0;
    const detail = this.waiting.noRoomFor(update.sender, incoming.count(update.sender), all);
    if (detail !== undefined) {
      this.options.answer(update, { status: 'not-stored', detail });
      return;
    }
    incoming.add({ update, bytes });
    if (incoming.size === 1) this.enqueue(() => this.drain());
  }

  /** Applies the buffer if it is full now; its capacity may depend on the gateways online. */
  advance(): void {
    if (this.open) this.enqueue(() => this.applyFull());
  }

  /** Applies the buffer, full or not. @throws FtteError `storage`; `privacy-ledger`; `not-ready` naming why no version can be made */
  applyNow(): Promise<void> {
    return this.queue.run(async () => {
      await this.writer.requireSaved();
      this.waiting.tidy();
      const count = this.waiting.all;
      if (!this.waiting.isEmpty && (count === 0 || !(await this.apply(count, 'request')))) {
        this.limitWait(true);
        throw this.waiting.hindrance;
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
      const dropped = this.waiting.dropAll().length;
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
        this.waiting.dropAll();
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
      while (this.incoming.size > 0) {
        // A version that cannot be paid for holds its gateways' next updates up; they must not be refused for it.
        const isOwed = this.options.state.privacy !== undefined && this.writer.disk.failing;
        const writable = (await this.writer.save()) && !isOwed;
        // Decoding a large update took one turn; checking it is for the next.
        if (this.options.yieldToEventLoop) await this.options.yieldToEventLoop();
        // As many as fill the buffer: later ones are compared with the version that these make. One that is full already waits
        // for other gateways, and it is not known which update ends that.
        const room = this.isPaused ? 0 : this.options.state.capacity - this.buffer.size;
        const batch = this.incoming.take(room > 0 ? room : this.incoming.size);
        try {
          if (writable) {
            await this.admission.admit(batch);
            // A gateway may have been excluded while its update was being written.
            this.discard();
            this.options.onChange();
          } else
            for (const { update } of batch) this.options.answer(update, notStored(this.writer.disk.problem));
        } finally {
          this.incoming.checked(batch);
        }
        await this.applyFull();
      }
    } finally {
      // A failure with these updates must not hold up later ones.
      if (this.incoming.size > 0) this.enqueue(() => this.drain());
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
    this.waiting.tidy();
    for (let due = this.due; due > 0; due = this.due) {
      const { size } = this.buffer;
      // What is lost makes room for what is left.
      if (!(await this.apply(due, 'full')) && this.buffer.size === size) break;
      if (!this.saved) return;
    }
    this.limitWait();
  }

  /** The number of contributions that make a version now. */
  private get due(): number {
    return this.isPaused ? 0 : this.waiting.due;
  }

  /**
   * Applies a buffer that is not full after `maxWaitMs`, counted from its first contribution.
   * @param isDue whether what waits would be a version, if it were of enough gateways for a masked sum
   */
  private limitWait(isDue = false): void {
    const { sums } = this.options;
    if (sums && (isDue || this.buffer.size === 0 || (!this.isPaused && this.waiting.isEnough)))
      sums.noteWaiting(this.buffer.contributions);
    if (this.waiting.isEmpty || this.isPaused || !this.open) return;
    const settlesInMs = this.options.state.privacy?.settlesInMs ?? 0;
    if (settlesInMs > 0)
      this.settleTimer ??= this.options.clock.after(settlesInMs, () => {
        this.settleTimer = undefined;
        this.advance();
      });
    this.waitTimer ??= this.options.clock.after(this.options.state.task.aggregation.maxWaitMs, () => {
      this.waitTimer = undefined;
      this.enqueue(async () => {
        if (!(await this.writer.save()) || this.isPaused || this.waiting.isEmpty) return;
        this.waiting.tidy();
        const count = this.waiting.all;
        if (count === 0 || !(await this.apply(count, 'max-wait'))) this.limitWait(true);
      });
    });
  }

  /** @returns false if no version could be paid for, it waits for helpers, or what it should be made of is lost */
  private async apply(count: number, cause: VersionReport['cause']): Promise<boolean> {
    this.waitTimer?.cancel();
    this.waitTimer = undefined;
    const contributions = await this.waiting.take(count);
    if (!contributions) return false;
    // They wait no longer, and what is left may not be due.
    this.options.sums?.noteWaiting([]);
    this.isApplying = true;
    this.options.onChange();
    try {
      try {
        await this.makeOrPutBack(contributions, cause);
      } finally {
        await this.writer.save();
      }
    } finally {
      this.isApplying = false;
      this.limitWait();
    }
    this.options.onChange();
    return true;
  }

  /** Makes a version; if that fails, all is as it was before, and its contributions wait for the next attempt. */
  private async makeOrPutBack(
    contributions: readonly Contribution[],
    cause: VersionReport['cause'],
  ): Promise<void> {
    const { state } = this.options;
    const { version } = state;
    let undo: (() => void) | undefined;
    const marked = (mark: () => void) => {
      undo = mark;
    };
    try {
      await this.steps(this.make(contributions, cause, marked));
      this.waiting.made();
    } catch (error) {
      if (state.version === version) {
        undo?.();
        await this.putBack(contributions, error);
        // The version is there, and only the word about it has failed.
      } else if (this.saved) this.writer.takeWhole(cause);
      throw error;
    }
  }

  /** Puts the contributions of a version that failed back, but for those that too many versions have failed with. */
  private async putBack(contributions: readonly Contribution[], error: unknown): Promise<void> {
    const givenUp = this.waiting.putBack(contributions, messageOf(error));
    if (givenUp.length === 0) return;
    this.options.state.leave(givenUp);
    await this.writer.tryDisk();
    // What waited behind them.
    this.advance();
  }

  /** The steps of a version. The last one makes it the newest and marks it unsaved, at the same time. */
  private *make(
    contributions: readonly Contribution[],
    cause: VersionReport['cause'],
    marked: (undo: () => void) => void,
  ): Resumable<void> {
    const { state } = this.options;
    // Reading and checking the updates was a turn of its own; the end of combining is another.
    yield;
    marked(yield* state.mark());
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

function overflow(version: number, { overflowed }: ModelChange): FtteError {
  return new FtteError(
    'update-rejected',
    `${overflowed} parameters of version ${version} would have left the range of float32 and stayed as they were; lower aggregation.maxNorm or the server's learning rate`,
    { version, overflowed },
  );
}

import {
  type Clock,
  FtteError,
  type Log,
  type Resumable,
  runAsync,
  runSync,
  SerialQueue,
  type Timer,
  type YieldToEventLoop,
} from '../../platform';
import type { Ack, Message } from '../../wire';
import type { ContributionWeight } from '../aggregation';
import type { Contribution } from '../aggregation/contribution';
import type { Membership } from '../fleet/membership';
import type { ModelChange } from '../model/global-model';
import type { VersionReport } from '../reports';
import type { CoordinatorState } from '../state/coordinator-state';
import type { ModelStore } from '../storage';
import { ContributionBuffer } from './contribution-buffer';
import { DiskWrites } from './disk-writes';
import { type Incoming, UpdateAdmission } from './update-admission';

/** A version that is durable, and what went into it. */
export interface NewVersion {
  /** Undefined where gateways must take the model whole: after going back, or when numbers were skipped. */
  readonly change: ModelChange | undefined;
  readonly contributions: readonly Contribution[];
  readonly weights: readonly ContributionWeight[];
  readonly cause: VersionReport['cause'];
}

export interface UpdatePipelineOptions {
  readonly state: CoordinatorState;
  readonly membership: Membership;
  readonly modelStore: ModelStore;
  readonly clock: Clock;
  readonly log: Log;
  /** Lets the event loop go on between two steps of a version; absent: a version is made in one go. */
  readonly yieldToEventLoop?: YieldToEventLoop | undefined;
  /** Memory for contributions that wait. */
  readonly bufferBytes: number;
  /** Versions whose checkpoints stay, besides the newest. */
  readonly keep: () => readonly number[];
  /** Tells what became of an update; what was accepted is on disk by then. */
  readonly answer: (update: Message<'update'>, verdict: Omit<Ack, 'type' | 'id' | 'version'>) => void;
  /** The version is durable: publish it. */
  readonly publish: (version: NewVersion) => void;
  /** Something that the state shows has changed. */
  readonly changed: () => void;
  /** Writing failed (told once a reason), or works again (undefined). */
  readonly storage: (problem: FtteError | undefined) => void;
  readonly onProblem: (error: unknown) => void;
}

/**
 * From updates to versions, one thing at a time: check, journal, acknowledge, buffer, apply, checkpoint, publish.
 * Updates that come while something is being written are written together when it is done. Nothing is acknowledged
 * that is not on disk, nothing published that a restart would not know.
 */
export class UpdatePipeline {
  readonly buffer = new ContributionBuffer();
  private readonly queue = new SerialQueue();
  private readonly disk: DiskWrites;
  private readonly admission: UpdateAdmission;
  private incoming: Incoming[] = [];
  private incomingBytes = 0;
  /** Made but not yet durable: nothing else happens before it is. */
  private unsaved: NewVersion | undefined;
  private waitTimer: Timer | undefined;
  private open = false;
  private isPaused = false;
  private isApplying = false;
  private isMaking = false;

  constructor(private readonly options: UpdatePipelineOptions) {
    const { clock, storage } = options;
    this.disk = new DiskWrites({ clock, storage, retry: () => this.advance() });
    this.admission = new UpdateAdmission({ ...options, disk: this.disk, buffer: this.buffer });
  }

  get paused(): boolean {
    return this.isPaused;
  }

  get applying(): boolean {
    return this.isApplying;
  }

  /** No version is being made or about to be: a round that begins now begins with the newest. */
  get resting(): boolean {
    return this.open && !this.isPaused && !this.isMaking && !this.unsaved && this.due() === 0;
  }

  /** The newest version is on disk. */
  get saved(): boolean {
    return this.unsaved === undefined;
  }

  /** Puts contributions of the journal back; before `start`. */
  recall(contributions: readonly Contribution[]): void {
    for (const contribution of contributions) {
      this.options.state.recall(contribution, this.options.clock.now());
      this.buffer.add(contribution);
    }
  }

  /** Lets updates in. */
  start(): void {
    this.open = true;
    this.disk.start();
    this.advance();
  }

  /** Lets nothing more in and ends the timers; what is in the queue is still done. */
  async stop(): Promise<void> {
    this.open = false;
    this.waitTimer?.cancel();
    this.disk.stop();
    await this.queue.idle();
  }

  /** Takes an update. One that finds no room gets no answer: its gateway keeps it and sends it again. */
  take(update: Message<'update'>, bytes: number): void {
    if (!this.open) return;
    const size = update.delta.values.byteLength;
    const held = this.buffer.bytes + this.incomingBytes;
    if (held > 0 && held + size > this.options.bufferBytes) return;
    this.incoming.push({ update, bytes });
    this.incomingBytes += size;
    if (this.incoming.length === 1) this.enqueue(() => this.drain());
  }

  /** Applies the buffer if it is full now: the number of gateways decides that, too. */
  advance(): void {
    if (this.open) this.enqueue(() => this.applyFull());
  }

  /** Applies whatever the buffer holds. @throws FtteError `storage` */
  applyNow(): Promise<void> {
    return this.queue.run(async () => {
      await this.requireSaved();
      if (this.buffer.size > 0) await this.apply(this.buffer.size, 'request');
      await this.requireSaved();
    });
  }

  pause(): void {
    this.isPaused = true;
    this.waitTimer?.cancel();
    this.waitTimer = undefined;
    this.options.changed();
  }

  resume(): void {
    this.isPaused = false;
    this.options.changed();
    this.advance();
  }

  /** Writes a checkpoint of the newest version now. @throws FtteError `storage` */
  checkpoint(): Promise<void> {
    return this.queue.run(async () => {
      await this.requireSaved();
      await this.options.modelStore.commit(this.options.state.checkpoint(), this.options.keep());
    });
  }

  /**
   * Makes the model of a kept version the newest.
   * @returns contributions that were waiting and are dropped: they were made from what is left behind
   * @throws FtteError `config-invalid` (not kept), `checkpoint-damaged`, `storage`
   */
  rollback(version: number): Promise<number> {
    return this.queue.run(async () => {
      await this.requireSaved();
      this.options.state.rollBack(await this.options.modelStore.load(version));
      const dropped = this.buffer.take(this.buffer.size).length;
      this.unsaved = { change: undefined, contributions: [], weights: [], cause: 'request' };
      await this.save();
      await this.requireSaved();
      return dropped;
    });
  }

  /** Makes these parameters the next version, for when no gateway has trained yet; told once it could be written. */
  replace(parameters: Float32Array): Promise<void> {
    return this.queue.run(async () => {
      await this.requireSaved();
      this.options.state.replace(parameters);
      this.unsaved = { change: undefined, contributions: [], weights: [], cause: 'warm-start' };
      await this.save();
    });
  }

  /** Continues at a later number, because gateways may hold another model under the present one. */
  renumber(version: number): void {
    this.enqueue(async () => {
      if (!(await this.save()) || this.options.state.version >= version) return;
      this.options.state.model.renumber(version);
      this.unsaved = { change: undefined, contributions: [], weights: [], cause: 'request' };
      await this.save();
    });
  }

  private enqueue(job: () => Promise<unknown>): void {
    this.queue.run(job).catch((error) => this.options.onProblem(error));
  }

  private async drain(): Promise<void> {
    try {
      while (this.incoming.length > 0) {
        const writable = await this.save();
        // Reading a large update took a turn: checking it is for the next.
        if (this.options.yieldToEventLoop) await this.options.yieldToEventLoop();
        // As many as fill the buffer: those behind are judged by the version that these make.
        const room = this.isPaused ? this.incoming.length : this.options.state.capacity - this.buffer.size;
        const batch = this.incoming.splice(0, Math.max(1, room));
        try {
          if (writable) {
            await this.admission.admit(batch);
            this.options.changed();
          }
        } finally {
          for (const { update } of batch) this.incomingBytes -= update.delta.values.byteLength;
        }
        await this.applyFull();
      }
    } finally {
      // What went wrong with those before must not hold up those behind.
      if (this.incoming.length > 0) this.enqueue(() => this.drain());
    }
  }

  private async applyFull(): Promise<void> {
    if (!(await this.save())) return;
    for (let due = this.due(); due > 0; due = this.due()) {
      await this.apply(due, 'full');
      if (this.unsaved) return;
    }
    this.watch();
  }

  /** How many contributions make a version now: those the rule asks for, or all where the memory for them runs out. */
  private due(): number {
    const { size, bytes, contributions } = this.buffer;
    if (this.isPaused || size === 0) return 0;
    const ready = this.options.state.ready(contributions);
    return ready === 0 && bytes > this.options.bufferBytes / 2 ? size : ready;
  }

  /** A buffer that holds anything is applied after the longest wait, counted from its first contribution. */
  private watch(): void {
    if (this.buffer.size === 0 || this.isPaused || !this.open) return;
    this.waitTimer ??= this.options.clock.after(this.options.state.task.aggregation.maxWaitMs, () => {
      this.waitTimer = undefined;
      this.enqueue(async () => {
        if (!(await this.save()) || this.isPaused || this.buffer.size === 0) return;
        await this.apply(this.buffer.size, 'max-wait');
      });
    });
  }

  private async apply(count: number, cause: VersionReport['cause']): Promise<void> {
    this.waitTimer?.cancel();
    this.waitTimer = undefined;
    this.isApplying = true;
    this.options.changed();
    try {
      const steps = this.make(this.buffer.take(count), cause);
      const { yieldToEventLoop } = this.options;
      if (yieldToEventLoop) await this.makeInTurns(steps, yieldToEventLoop);
      else runSync(steps);
      await this.save();
    } finally {
      this.isApplying = false;
    }
    this.watch();
    this.options.changed();
  }

  /** Its last step makes the version the newest and says that it is not on disk: nobody sees the one without the other. */
  private *make(contributions: readonly Contribution[], cause: VersionReport['cause']): Resumable<void> {
    const { state } = this.options;
    // What came before, reading and checking updates, was a turn of its own; so is the end of combining.
    yield;
    const weights = yield* state.combine(contributions);
    yield;
    const change = yield* state.advance(contributions, weights);
    this.unsaved = { change, contributions, weights, cause };
    if (change.overflowed > 0) this.options.onProblem(overflow(state.version, change));
  }

  /** Until it is done, the newest version is about to be an old one. */
  private async makeInTurns(steps: Resumable<void>, turn: YieldToEventLoop): Promise<void> {
    this.isMaking = true;
    try {
      await runAsync(steps, turn);
    } finally {
      this.isMaking = false;
    }
  }

  /** Makes the version in hand durable, then publishes it; true where there is none left. */
  private async save(): Promise<boolean> {
    const version = this.unsaved;
    if (!version) return true;
    const { modelStore, state, keep, publish } = this.options;
    if (!(await this.disk.write(() => modelStore.commit(state.checkpoint(), keep())))) return false;
    this.unsaved = undefined;
    publish(version);
    return true;
  }

  private async requireSaved(): Promise<void> {
    if (await this.save()) return;
    throw new FtteError('storage', `version ${this.options.state.version} cannot be written yet`);
  }
}

function overflow(version: number, { overflowed }: ModelChange): FtteError {
  return new FtteError(
    'update-rejected',
    `${overflowed} parameters of version ${version} would have left the range of float32 and stayed as they were; lower aggregation.maxNorm or the server's learning rate`,
    { version, overflowed },
  );
}

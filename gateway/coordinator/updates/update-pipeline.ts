import {
  atOnce,
  type Clock,
  FtteError,
  inTurns,
  type Log,
  SerialQueue,
  type Steps,
  type Timer,
  type Turn,
} from '../../platform';
import type { Ack, Message } from '../../wire';
import type { Weighing } from '../aggregation';
import type { Contribution } from '../aggregation/contribution';
import type { Membership } from '../fleet/membership';
import type { ModelChange } from '../model/global-model';
import type { VersionReport } from '../reports/coordinator-types';
import type { ModelRecord } from '../state/coordinator-state';
import type { Ledger } from '../storage';
import { ContributionBuffer } from './contribution-buffer';
import { DiskWrites } from './disk-writes';
import { Admission, type Incoming } from './update-admission';

/** A version that is durable, and what went into it. */
export interface NewVersion {
  /** Undefined where gateways must take the model whole: after going back, or when numbers were skipped. */
  readonly change: ModelChange | undefined;
  readonly contributions: readonly Contribution[];
  readonly weighings: readonly Weighing[];
  readonly cause: VersionReport['cause'];
}

export interface VersionLineOptions {
  readonly record: ModelRecord;
  readonly membership: Membership;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Log;
  /** Lets the event loop go on between two steps of a version; absent: a version is made in one go. */
  readonly turn?: Turn | undefined;
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
export class VersionLine {
  readonly buffer = new ContributionBuffer();
  private readonly queue = new SerialQueue();
  private readonly disk: DiskWrites;
  private readonly admission: Admission;
  private incoming: Incoming[] = [];
  private incomingBytes = 0;
  /** Made but not yet durable: nothing else happens before it is. */
  private unsaved: NewVersion | undefined;
  private waitTimer: Timer | undefined;
  private open = false;
  private isPaused = false;
  private isApplying = false;
  private isMaking = false;

  constructor(private readonly options: VersionLineOptions) {
    const { clock, storage } = options;
    this.disk = new DiskWrites({ clock, storage, retry: () => this.advance() });
    this.admission = new Admission({ ...options, disk: this.disk, buffer: this.buffer });
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
      this.options.record.recall(contribution, this.options.clock.now());
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
      await this.options.ledger.commit(this.options.record.checkpoint(), this.options.keep());
    });
  }

  /**
   * Makes the model of a kept version the newest.
   * @returns contributions that were waiting and are dropped: they were made from what is left behind
   * @throws FtteError `config-invalid` (not kept), `checkpoint-damaged`, `storage`
   */
  goBack(version: number): Promise<number> {
    return this.queue.run(async () => {
      await this.requireSaved();
      this.options.record.goBack(await this.options.ledger.load(version));
      const dropped = this.buffer.take(this.buffer.size).length;
      this.unsaved = { change: undefined, contributions: [], weighings: [], cause: 'request' };
      await this.save();
      await this.requireSaved();
      return dropped;
    });
  }

  /** Makes these parameters the next version, for when no gateway has trained yet; told once it could be written. */
  replace(parameters: Float32Array): Promise<void> {
    return this.queue.run(async () => {
      await this.requireSaved();
      this.options.record.replace(parameters);
      this.unsaved = { change: undefined, contributions: [], weighings: [], cause: 'warm-start' };
      await this.save();
    });
  }

  /** Continues at a later number, because gateways may hold another model under the present one. */
  skipTo(version: number): void {
    this.enqueue(async () => {
      if (!(await this.save()) || this.options.record.version >= version) return;
      this.options.record.model.renumber(version);
      this.unsaved = { change: undefined, contributions: [], weighings: [], cause: 'request' };
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
        if (this.options.turn) await this.options.turn();
        // As many as fill the buffer: those behind are judged by the version that these make.
        const room = this.isPaused ? this.incoming.length : this.options.record.capacity - this.buffer.size;
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
    const ready = this.options.record.ready(contributions);
    return ready === 0 && bytes > this.options.bufferBytes / 2 ? size : ready;
  }

  /** A buffer that holds anything is applied after the longest wait, counted from its first contribution. */
  private watch(): void {
    if (this.buffer.size === 0 || this.isPaused || !this.open) return;
    this.waitTimer ??= this.options.clock.after(this.options.record.task.aggregation.maxWaitMs, () => {
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
      const { turn } = this.options;
      if (turn) await this.makeInTurns(steps, turn);
      else atOnce(steps);
      await this.save();
    } finally {
      this.isApplying = false;
    }
    this.watch();
    this.options.changed();
  }

  /** Its last step makes the version the newest and says that it is not on disk: nobody sees the one without the other. */
  private *make(contributions: readonly Contribution[], cause: VersionReport['cause']): Steps<void> {
    const { record } = this.options;
    // What came before, reading and checking updates, was a turn of its own; so is the end of combining.
    yield;
    const weighings = yield* record.combine(contributions);
    yield;
    const change = yield* record.advance(contributions, weighings);
    this.unsaved = { change, contributions, weighings, cause };
    if (change.overflowed > 0) this.options.onProblem(overflow(record.version, change));
  }

  /** Until it is done, the newest version is about to be an old one. */
  private async makeInTurns(steps: Steps<void>, turn: Turn): Promise<void> {
    this.isMaking = true;
    try {
      await inTurns(steps, turn);
    } finally {
      this.isMaking = false;
    }
  }

  /** Makes the version in hand durable, then publishes it; true where there is none left. */
  private async save(): Promise<boolean> {
    const version = this.unsaved;
    if (!version) return true;
    const { ledger, record, keep, publish } = this.options;
    if (!(await this.disk.write(() => ledger.commit(record.checkpoint(), keep())))) return false;
    this.unsaved = undefined;
    publish(version);
    return true;
  }

  private async requireSaved(): Promise<void> {
    if (await this.save()) return;
    throw new FtteError('storage', `version ${this.options.record.version} cannot be written yet`);
  }
}

function overflow(version: number, { overflowed }: ModelChange): FtteError {
  return new FtteError(
    'update-rejected',
    `${overflowed} parameters of version ${version} would have left the range of float32 and stayed as they were; lower aggregation.maxNorm or the server's learning rate`,
    { version, overflowed },
  );
}

import type { Clock } from '../../gateway/platform';
import type { Reading, ReadingSource } from '../../gateway/stream';

/** Progress of playing. */
export interface Progress {
  /** Readings sent in this pass. */
  readonly readings: number;
  /** 0 to 1; undefined if the source does not know its length. */
  readonly share: number | undefined;
  readonly subject: string | undefined;
  /** Passes finished before this one. */
  readonly pass: number;
}

export interface PlayerOptions {
  readonly source: ReadingSource;
  /** Times real time; Infinity is as fast as other work allows. */
  readonly speed: number;
  /** Readings per second of a source that does not know its rate. */
  readonly rateHz: number;
  readonly loop: boolean;
  /** Takes readings that are due, in order: at least one, at most `maxBatch`, all of one subject and one label. */
  readonly emit: (batch: readonly Reading[]) => void;
  /** Called after the last reading of each pass, also if the source failed. */
  readonly endPass: () => void;
  readonly onProgress: (progress: Progress) => void;
  /** Receives the reason why a pass ended before its time, if another one follows. */
  readonly onInterrupted: (error: unknown) => void;
  readonly clock: Clock;
  /** Lets other work of the event loop run. */
  readonly breathe: () => Promise<void>;
  /** Readings per `emit`; 1 sends each alone. */
  readonly maxBatch: number;
}

/** Readings before other work gets a turn; with one message each, about two milliseconds of a slow gateway. */
const readingsPerTurn = 64;
/** Readings that fall due within this time are sent together, because timers are hardly finer. */
const tickMs = 20;
/** A longer delay is not caught up with, so that a machine that slept does not flood its flows. */
const maxLagMs = 1000;
const longestStepMs = 1000;
/** Pause after a pass that failed. */
const afterFailureMs = 1000;

/** Plays a source of readings at a speed, and holds the event loop for a few milliseconds at most. */
export class Player {
  private stopped = false;
  private wake: (() => void) | undefined;
  private batch: Reading[] = [];
  private sentThisTurn = 0;
  private dueMs = 0;
  private readings = 0;
  private pass = 0;
  private offsetMs = 0;
  private lastMs: number | undefined;
  /** The source's own time of the reading before. */
  private beforeMs: number | undefined;
  private subject: string | undefined;

  constructor(private readonly options: PlayerOptions) {}

  get progress(): Progress {
    const { length } = this.options.source;
    return {
      readings: this.readings,
      share: length ? Math.min(1, this.readings / length) : undefined,
      subject: this.subject,
      pass: this.pass,
    };
  }

  /**
   * Resolves at the end, or soon after `stop`. Rejects with the errors of the source and of `emit`, after what came before;
   * if it loops and something came, the next pass begins instead.
   */
  async play(): Promise<'end' | 'stopped'> {
    const { loop, clock, onInterrupted } = this.options;
    this.dueMs = clock.now();
    do {
      this.readings = 0;
      try {
        await this.playOnce();
      } catch (error) {
        if (!loop || this.stopped || this.readings === 0) throw error;
        onInterrupted(error);
        await this.pause(afterFailureMs);
      }
      // A source without readings must not turn the loop into a busy wait.
      if (this.readings === 0) break;
      this.pass++;
    } while (loop && !this.stopped);
    return this.stopped ? 'stopped' : 'end';
  }

  stop(): void {
    this.stopped = true;
    this.wake?.();
  }

  private async playOnce(): Promise<void> {
    const { source } = this.options;
    const readings = source.readings();
    const iterator =
      Symbol.asyncIterator in readings ? readings[Symbol.asyncIterator]() : readings[Symbol.iterator]();
    this.beforeMs = undefined;
    this.offsetMs = this.lastMs === undefined ? 0 : this.lastMs + 1000;
    let firstMs: number | undefined;
    try {
      while (!this.stopped) {
        const pending = iterator.next();
        const next = pending instanceof Promise ? await pending : pending;
        if (next.done) break;
        const reading = next.value;
        if (reading.timeMs !== undefined) firstMs ??= reading.timeMs;
        await this.untilDue(this.stepMs(reading));
        if (this.stopped) break;
        const shifted = this.shifted(reading, firstMs);
        this.take(this.pass > 0 && this.readings === 0 ? { ...shifted, begins: true } : shifted);
        if (this.sentThisTurn >= readingsPerTurn) await this.turn();
      }
    } finally {
      await iterator.return?.();
      this.flush();
      this.options.endPass();
    }
    this.options.onProgress(this.progress);
  }

  /** Milliseconds from the reading before to this one, by the source's rate or else by the times of the readings. */
  private stepMs({ timeMs }: Reading): number {
    const { source, rateHz, speed } = this.options;
    const before = this.beforeMs;
    this.beforeMs = timeMs;
    if (source.rateHz !== undefined || timeMs === undefined || before === undefined)
      return 1000 / (source.rateHz ?? rateHz) / speed;
    // Nights and other gaps are skipped.
    return Math.min(Math.max(timeMs - before, 0), longestStepMs) / speed;
  }

  /** Shifts the times of a later pass behind the pass before, because a stream does not run backward. */
  private shifted(reading: Reading, firstMs: number | undefined): Reading {
    if (reading.timeMs === undefined || firstMs === undefined) return reading;
    const timeMs = this.pass === 0 ? reading.timeMs : reading.timeMs - firstMs + this.offsetMs;
    this.lastMs = timeMs;
    return this.pass === 0 ? reading : { ...reading, timeMs };
  }

  private take(reading: Reading): void {
    const last = this.batch.at(-1);
    if (last && (reading.begins || last.subject !== reading.subject || last.label !== reading.label))
      this.flush();
    this.subject = reading.subject;
    this.batch.push(reading);
    this.readings++;
    this.sentThisTurn++;
    if (this.batch.length >= this.options.maxBatch) this.flush();
  }

  private flush(): void {
    if (this.batch.length === 0) return;
    const batch = this.batch;
    this.batch = [];
    this.options.emit(batch);
  }

  /** Waits until the next reading is due, one tick at least, so that a fast stream needs few timers. */
  private async untilDue(stepMs: number): Promise<void> {
    if (stepMs === 0) return;
    const { clock } = this.options;
    this.dueMs = Math.max(this.dueMs + stepMs, clock.now() - maxLagMs);
    const waitMs = this.dueMs - clock.now();
    if (waitMs <= 0) return;
    this.flush();
    this.sentThisTurn = 0;
    this.options.onProgress(this.progress);
    await this.pause(Math.max(waitMs, tickMs));
  }

  /** Resolves after this time, or at `stop`. */
  private async pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = this.options.clock.after(ms, resolve);
      this.wake = () => {
        timer.cancel();
        resolve();
      };
    });
    this.wake = undefined;
  }

  private async turn(): Promise<void> {
    this.flush();
    this.sentThisTurn = 0;
    this.options.onProgress(this.progress);
    await this.options.breathe();
  }
}

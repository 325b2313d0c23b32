import { bytesOfFloats, crc32, type Random, type YieldToEventLoop } from '../../platform';
import { type Sample, SampleStore } from '../../stream';
import { type Task, taskSampleRows } from '../../task';

/** The side of a window: it is trained on, held out, or neither, because it may share readings with both sides. */
export type Side = 'train' | 'held-out' | 'neither';

/** Windows of a gateway that it never trains on. */
export interface HeldOutWindows {
  readonly store: SampleStore;
  /** Takes the task. Windows that do not fit it are dropped. */
  fit(task: Task): void;
  /**
   * Decides about the next window of a stream, and keeps it if it is held out.
   * @param stream the person or device; empty if there is only one
   * @throws FtteError as `SampleStore.add`
   */
  take(sample: Sample, stream?: string): Side;
  /**
   * Remembers the sides of windows that an earlier run has kept.
   * @param trained the windows for training
   */
  recall(trained: SampleStore, yieldToEventLoop?: YieldToEventLoop): Promise<void>;
  clear(): void;
}

/** Windows and bytes that are held out at most. */
const mostWindows = 256;
const mostBytes = 1024 * 1024;
/** Fewest windows that are worth an evaluation, and that have to fit into the memory. */
export const fewestHeldOut = 8;
/** Blocks of time in a cycle, of which one is held out. Training begins before anything is. */
const blocks = 5;
const heldOutBlock = 2;
/** A block that is held out has this many times the windows that are lost at its beginning. */
const blockFactor = 4;
/** Streams that are divided; windows of any other are trained on. */
const mostStreams = 1024;

/**
 * Keeps a share of a gateway's labelled windows out of training, to measure the models that it receives. Neighbouring
 * windows share readings, so blocks of time are held out, of each person separately, and windows at the ends of a block are
 * on neither side. A window that comes again, from a recording that is repeated, stays on its side.
 */
export class HeldOut implements HeldOutWindows {
  /** Windows of each stream so far. */
  private readonly streams = new Map<string, number>();
  private readonly held = new RecentKeys();
  private readonly trained = new RecentKeys();
  private overlap = 0;
  private isRoom = false;

  /** @param store that of the object before it, so that windows survive a deploy */
  constructor(
    random: Random,
    readonly store = new SampleStore({ capacity: mostWindows, random }),
  ) {}

  fit(task: Task): void {
    const rows = taskSampleRows(task);
    const bytes = rows * task.input.channels.length * Float32Array.BYTES_PER_ELEMENT;
    const capacity = Math.min(mostWindows, Math.floor(mostBytes / bytes));
    this.isRoom = capacity >= fewestHeldOut;
    this.overlap = Math.max(0, Math.ceil(rows / task.input.hop) - 1);
    if (this.isRoom) this.store.resize(capacity);
    this.store.fit(task);
  }

  take(sample: Sample, stream = ''): Side {
    const side = this.isRoom ? this.sideOf(sample, stream) : 'train';
    if (side === 'held-out') this.store.add(sample);
    return side;
  }

  async recall(trained: SampleStore, yieldToEventLoop?: YieldToEventLoop): Promise<void> {
    for (const [keys, store] of [
      [this.held, this.store],
      [this.trained, trained],
    ] as const)
      for (const [i, sample] of store.list().entries()) {
        keys.add(keyOf(sample));
        if (i % keysAtOnce === 0) await yieldToEventLoop?.();
      }
  }

  clear(): void {
    this.store.clear();
    this.streams.clear();
    this.held.clear();
    this.trained.clear();
  }

  private sideOf(sample: Sample, stream: string): Side {
    const side = this.placeOf(stream);
    const key = keyOf(sample);
    if (side === 'train' && this.held.has(key)) return 'neither';
    if (side === 'held-out' && this.trained.has(key)) return 'train';
    if (side === 'train') this.trained.add(key);
    if (side === 'held-out') this.held.add(key);
    return side;
  }

  private placeOf(stream: string): Side {
    const count = this.streams.get(stream);
    if (count === undefined && this.streams.size >= mostStreams) return 'train';
    this.streams.set(stream, (count ?? 0) + 1);
    const block = Math.max(fewestHeldOut, blockFactor * this.overlap) + this.overlap;
    const place = (count ?? 0) % (blocks * block);
    const first = heldOutBlock * block;
    if (place < first || place >= first + block + this.overlap) return 'train';
    return place >= first + this.overlap && place < first + block ? 'held-out' : 'neither';
  }
}

/** Keys that are made between two turns of the event loop. */
const keysAtOnce = 64;
/** Most keys of a generation. */
const mostKeys = 4096;

/** Keys of the newest windows, in two generations. */
class RecentKeys {
  private newer = new Set<number>();
  private older = new Set<number>();

  has(key: number): boolean {
    return this.newer.has(key) || this.older.has(key);
  }

  add(key: number): void {
    this.newer.add(key);
    if (this.newer.size < mostKeys) return;
    this.older = this.newer;
    this.newer = new Set();
  }

  clear(): void {
    this.newer.clear();
    this.older.clear();
  }
}

const keyOf = ({ label = 0, window }: Sample): number => label * 2 ** 32 + crc32(bytesOfFloats(window));

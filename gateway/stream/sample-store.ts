import { FtteError, type Random, wrapError, writeAtomically } from '../platform';
import { type Task, taskSampleRows } from '../task';
import type { Sample, SampleBatch } from './sample';
import { decodeStore, encodeStore } from './store-file';
import { checkWindow } from './window';

/** How much a store keeps, and how it chooses. */
export interface SampleStoreOptions {
  /** Samples kept at most, over all labels together. */
  readonly capacity: number;
  /** Decides which sample makes room. */
  readonly random: Random;
}

/** Where the samples of a task without labels are kept. */
const unlabelled = 0;

/** The samples kept for one label: a uniform choice among all that were seen (Vitter 1985, algorithm R). */
interface Reservoir {
  seen: number;
  readonly windows: Float32Array[];
}

/**
 * Keeps a bounded, balanced choice of samples: the capacity is split evenly over the labels seen so far, and inside a
 * label every sample seen has the same chance to be there. For a task without labels there is one such choice, and
 * what a sample is labelled is passed over.
 */
export class SampleStore {
  readonly capacity: number;
  private readonly random: Random;
  private input: Task['input'] | undefined;
  private rows = 0;
  private labels: readonly string[] = [];
  private reservoirs = new Map<number, Reservoir>();

  constructor(options: SampleStoreOptions) {
    this.capacity = options.capacity;
    this.random = options.random;
  }

  /** Samples kept. */
  get size(): number {
    let sum = 0;
    for (const { windows } of this.reservoirs.values()) sum += windows.length;
    return sum;
  }

  /** Samples it can keep of the labels seen so far: the capacity, less what does not divide evenly. */
  get limit(): number {
    return this.quota * Math.max(1, this.reservoirs.size);
  }

  /** Samples kept, by label name; labels never seen are absent, and so is all of a task without labels. */
  get counts(): Record<string, number> {
    if (this.labels.length === 0) return {};
    const counts: Record<string, number> = {};
    for (const [label, { windows }] of [...this.reservoirs].sort(([a], [b]) => a - b)) {
      counts[this.labels[label] ?? label] = windows.length;
    }
    return counts;
  }

  /**
   * Makes the store one of this task. Samples of another input (shape, channels, rate, normalisation, rows) and of
   * labels the task does not know are dropped; labels are matched by name. A task without labels takes all.
   * @returns how many samples were dropped
   */
  fit(task: Task): number {
    const before = this.size;
    const rows = taskSampleRows(task);
    const same = this.input && rows === this.rows && windowKey(this.input) === windowKey(task.input);
    this.reservoirs = same ? this.relabelled(task.labels) : new Map();
    this.input = task.input;
    this.rows = rows;
    this.labels = task.labels;
    return before - this.size;
  }

  private relabelled(labels: readonly string[]): Map<number, Reservoir> {
    const kept = new Map<number, Reservoir>();
    if (labels.length === 0) {
      const all = [...this.reservoirs.values()];
      const seen = all.reduce((sum, reservoir) => sum + reservoir.seen, 0);
      if (all.length > 0) kept.set(unlabelled, { seen, windows: all.flatMap(({ windows }) => windows) });
      return kept;
    }
    for (const [label, reservoir] of this.reservoirs) {
      const moved = labels.indexOf(this.labels[label] ?? '');
      if (moved >= 0) kept.set(moved, reservoir);
    }
    return kept;
  }

  /**
   * Keeps the sample, or not, as the reservoir's luck has it.
   * @throws FtteError `not-ready` before a task was fitted; `window-shape`, `window-not-finite`, `not-labelled`,
   *         `label-unknown`: the store is as it was
   */
  add(sample: Sample): void {
    if (!this.input)
      throw new FtteError('not-ready', 'no task yet: the store does not know what a window is');
    checkWindow(sample.window, this.input, this.rows);
    const label = this.labels.length === 0 ? unlabelled : this.checkLabel(sample.label);
    let reservoir = this.reservoirs.get(label);
    if (!reservoir) {
      reservoir = { seen: 0, windows: [] };
      this.reservoirs.set(label, reservoir);
      this.shrinkToQuota();
    }
    reservoir.seen++;
    if (reservoir.windows.length < this.quota) reservoir.windows.push(sample.window);
    else {
      const place = this.random.integer(reservoir.seen);
      if (place < reservoir.windows.length) reservoir.windows[place] = sample.window;
    }
  }

  /**
   * Draws up to `maxSamples` without replacement: as evenly over the labels as the store allows, in random order.
   * The store keeps everything.
   */
  draw(maxSamples: number, random: Random): SampleBatch {
    const chosen: { label: number; window: Float32Array }[] = [];
    const ordered = [...this.reservoirs].sort(
      ([labelA, a], [labelB, b]) => a.windows.length - b.windows.length || labelA - labelB,
    );
    // Scarcest label first: what it cannot give is shared by those that follow.
    let left = maxSamples;
    ordered.forEach(([label, { windows }], i) => {
      const take = Math.min(windows.length, Math.floor(left / (ordered.length - i)));
      left -= take;
      const pool = windows.slice();
      for (let k = 0; k < take; k++) {
        const pick = k + random.integer(pool.length - k);
        const window = pool[pick]!;
        pool[pick] = pool[k]!;
        chosen.push({ label, window });
      }
    });
    for (let i = chosen.length - 1; i > 0; i--) {
      const j = random.integer(i + 1);
      const held = chosen[i]!;
      chosen[i] = chosen[j]!;
      chosen[j] = held;
    }
    return this.batch(chosen);
  }

  /** Samples of this store end to end; labels only where the task has some. */
  batch(samples: readonly { readonly window: Float32Array; readonly label: number }[]): SampleBatch {
    const size = samples[0]?.window.length ?? 0;
    const x = new Float32Array(samples.length * size);
    samples.forEach(({ window }, i) => {
      x.set(window, i * size);
    });
    const y = Uint16Array.from(this.labels.length === 0 ? [] : samples, ({ label }) => label);
    return { count: samples.length, x, y };
  }

  /**
   * Everything that is kept now, by ascending label. The windows themselves, not copies: they are never changed, and
   * what the store does next does not change the list.
   */
  list(): { readonly window: Float32Array; readonly label: number }[] {
    return [...this.reservoirs]
      .sort(([a], [b]) => a - b)
      .flatMap(([label, { windows }]) => windows.map((window) => ({ window, label })));
  }

  /** Everything that is kept, by ascending label, in one batch. */
  all(): SampleBatch {
    return this.batch(this.list());
  }

  clear(): void {
    this.reservoirs = new Map();
  }

  /** Writes everything into one file, atomically. @throws FtteError `storage` */
  async save(path: string): Promise<void> {
    const content = {
      input: this.input,
      rows: this.rows,
      labels: this.labels,
      reservoirs: [...this.reservoirs].map(([label, { seen, windows }]) => ({ label, seen, windows })),
    };
    await writeAtomically(path, await encodeStore(content));
  }

  /**
   * Takes what `save` wrote, in place of what is held. A missing file is an empty store. A damaged one too: the
   * result then says what is wrong with it. Never throws.
   */
  async load(path: string): Promise<FtteError | undefined> {
    this.clear();
    try {
      const content = await decodeStore(path);
      if (!content) return undefined;
      this.input = content.input;
      this.rows = content.rows;
      this.labels = content.labels;
      for (const { label, seen, windows } of content.reservoirs)
        this.reservoirs.set(label, { seen, windows });
      this.shrinkToQuota();
      return undefined;
    } catch (error) {
      return error instanceof FtteError ? error : wrapError('storage', path, error, { path });
    }
  }

  /** Samples a label may hold now. */
  private get quota(): number {
    return Math.max(1, Math.floor(this.capacity / Math.max(1, this.reservoirs.size)));
  }

  /** Drops random samples of labels that hold more than their share since a new label came. */
  private shrinkToQuota(): void {
    for (const { windows } of this.reservoirs.values()) {
      while (windows.length > this.quota) {
        const out = this.random.integer(windows.length);
        windows[out] = windows[windows.length - 1]!;
        windows.pop();
      }
    }
  }

  private checkLabel(label: number | undefined): number {
    if (label === undefined) {
      throw new FtteError('not-labelled', `window has no label; the task knows ${this.labels.join(', ')}`);
    }
    if (!Number.isInteger(label) || label < 0 || label >= this.labels.length) {
      throw new FtteError(
        'label-unknown',
        `label ${label} is not an index into the task's ${this.labels.length} labels: ${this.labels.join(', ')}`,
        { label },
      );
    }
    return label;
  }
}

/** Names everything that makes two windows comparable. Hop and the names of units do not. */
function windowKey(input: Task['input']): string {
  const channels = input.channels.map(({ name, centre, spread }) => [name, centre, spread]);
  return JSON.stringify([channels, input.rateHz, input.length, input.normalisation]);
}

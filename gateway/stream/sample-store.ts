import { FtteError, type Random, wrapError, writeAtomically } from '../platform';
import { type Task, taskSampleRows } from '../task';
import type { Sample, SampleBatch } from './sample';
import { decodeStore, encodeStore } from './store-file';
import { checkWindow } from './window';

/** Options of a sample store. */
export interface SampleStoreOptions {
  /** Most samples that are kept, over all labels together. */
  readonly capacity: number;
  /** Chooses the sample that is replaced. */
  readonly random: Random;
}

/** Key of the samples of a task without labels. */
const unlabelled = 0;

/** The samples of one label: a uniform choice among all that were seen (Vitter 1985, algorithm R). */
interface Reservoir {
  seen: number;
  readonly windows: Float32Array[];
}

/**
 * Keeps a bounded, balanced choice of samples. The capacity is split evenly over the labels seen so far, and within a
 * label every sample has the same probability of being kept. For a task without labels there is one such choice, and
 * the labels of samples are ignored.
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

  /** Number of samples. */
  get size(): number {
    let sum = 0;
    for (const { windows } of this.reservoirs.values()) sum += windows.length;
    return sum;
  }

  /** Most samples of the labels seen so far: the capacity, rounded down to an equal number for each label. */
  get limit(): number {
    return this.quota * Math.max(1, this.reservoirs.size);
  }

  /**
   * Number of samples by label name. Labels that were never seen are absent, and so are all for a task without labels.
   */
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
   * labels that the task does not know are dropped. Labels are matched by name. A task without labels accepts all.
   * @returns the number of dropped samples
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
   * Keeps the sample or drops it, at random.
   * @throws FtteError `not-ready` before a task was fitted; `window-shape`, `window-not-finite`, `not-labelled`,
   * `label-unknown`; the store does not change then
   */
  add(sample: Sample): void {
    if (!this.input)
      throw new FtteError(
        'not-ready',
        'there is no task yet, so the store does not know the shape of a window',
      );
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
   * Draws up to `maxSamples` without replacement: as evenly over the labels as the store allows, in random order. The
   * store does not change.
   */
  draw(maxSamples: number, random: Random): SampleBatch {
    const chosen: { label: number; window: Float32Array }[] = [];
    const ordered = [...this.reservoirs].sort(
      ([labelA, a], [labelB, b]) => a.windows.length - b.windows.length || labelA - labelB,
    );
    // The scarcest label comes first. Its missing samples are shared by the labels after it.
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

  /** Samples of this store, one after the other. There are labels only if the task has some. */
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
   * All samples by ascending label. They are the windows themselves, which are never changed. Later changes of the
   * store do not change the list.
   */
  list(): { readonly window: Float32Array; readonly label: number }[] {
    return [...this.reservoirs]
      .sort(([a], [b]) => a - b)
      .flatMap(([label, { windows }]) => windows.map((window) => ({ window, label })));
  }

  /** All samples by ascending label, in one batch. */
  all(): SampleBatch {
    return this.batch(this.list());
  }

  /** Takes these windows out. @returns how many there were */
  remove(windows: ReadonlySet<Float32Array>): number {
    const before = this.size;
    for (const [label, reservoir] of this.reservoirs) {
      const kept = reservoir.windows.filter((window) => !windows.has(window));
      this.reservoirs.set(label, { ...reservoir, windows: kept });
    }
    return before - this.size;
  }

  clear(): void {
    this.reservoirs = new Map();
  }

  /** Writes all samples to one file, atomically. @throws FtteError `storage` */
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
   * Replaces the samples by those of a file of `save`. A missing file gives an empty store. A damaged one does, too,
   * and the result then describes the damage. Never throws.
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

  /** Most samples of one label at this time. */
  private get quota(): number {
    return Math.max(1, Math.floor(this.capacity / Math.max(1, this.reservoirs.size)));
  }

  /** Drops random samples of labels that have more than their share since a new label came. */
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
      throw new FtteError('not-labelled', `window has no label, expected one of ${this.labels.join(', ')}`);
    }
    if (!Number.isInteger(label) || label < 0 || label >= this.labels.length) {
      throw new FtteError(
        'label-unknown',
        `label is ${label}, expected an index of the ${this.labels.length} labels ${this.labels.join(', ')}`,
        { label },
      );
    }
    return label;
  }
}

/** Names everything that makes windows comparable. Hop and the names of units do not. */
function windowKey(input: Task['input']): string {
  const channels = input.channels.map(({ name, centre, spread }) => [name, centre, spread]);
  return JSON.stringify([channels, input.rateHz, input.length, input.normalisation]);
}

import { FtteError, type Random } from '../../platform';
import { type Task, taskSampleRows } from '../../task';
import { checkWindow } from '../window';
import { DistinctWindows } from './distinct-windows';
import { drawSamples } from './draw-samples';
import type { Sample, SampleBatch } from './sample';
import type { StoreContent, StoredSample, StoreHeader } from './store-content';

/** Options of a sample store. */
export interface SampleStoreOptions {
  /** Most samples that are kept, over all labels together. */
  readonly capacity: number;
  /** Chooses the sample that is replaced. */
  readonly random: Random;
  /**
   * Whether a window that the store holds already is ignored when it comes again: a recording that is played after every
   * start counts once. Default false.
   */
  readonly distinct?: boolean;
}

/** Receives what changes in a sample store, to write it down. */
export interface SampleStoreListener {
  /**
   * A sample is kept.
   * @param seen samples of its label that came so far
   * @param replaced number of the sample that made room for it; 0 if none
   */
  kept(sample: StoredSample, seen: number, replaced: number): void;
  dropped(ids: readonly number[]): void;
  /** Samples have other labels or numbers, are of another kind, or are gone. */
  changed(): void;
}

/** Key of the samples of a task without labels. */
const unlabelled = 0;

/** The samples of one label: a uniform choice among all that were seen (Vitter 1985, algorithm R). */
interface Reservoir {
  seen: number;
  readonly samples: StoredSample[];
}

/**
 * Keeps a bounded, balanced choice of samples. The capacity is split evenly over the labels seen so far, and within a
 * label every sample has the same probability of being kept. For a task without labels there is one such choice, and
 * the labels of samples are ignored.
 */
export class SampleStore {
  private most: number;
  private readonly random: Random;
  private input: Task['input'] | undefined;
  private rows = 0;
  private labels: readonly string[] = [];
  private reservoirs = new Map<number, Reservoir>();
  private nextId = 1;
  /** The windows that are held, if each is held once. */
  private readonly distinct: DistinctWindows | undefined;
  private listener: SampleStoreListener | undefined;

  constructor(options: SampleStoreOptions) {
    this.most = options.capacity;
    this.random = options.random;
    if (options.distinct) this.distinct = new DistinctWindows();
  }

  /** Reports changes from now on to this listener alone. @returns ends the reports */
  listen(listener: SampleStoreListener): () => void {
    this.listener = listener;
    return () => {
      if (this.listener === listener) this.listener = undefined;
    };
  }

  /** Most samples that are kept, over all labels together. */
  get capacity(): number {
    return this.most;
  }

  /** Keeps at most so many samples from now on; those beyond are dropped at random. */
  resize(capacity: number): void {
    this.most = capacity;
    this.shrinkToQuota();
  }

  /** Number of samples. */
  get size(): number {
    let sum = 0;
    for (const { samples } of this.reservoirs.values()) sum += samples.length;
    return sum;
  }

  /** Number of labels of which there are samples; of a task without labels, 1 at most. */
  get labelsHeld(): number {
    let held = 0;
    for (const { samples } of this.reservoirs.values()) if (samples.length > 0) held++;
    return held;
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
    for (const [label, { samples }] of [...this.reservoirs].sort(([a], [b]) => a - b)) {
      counts[this.labels[label] ?? label] = samples.length;
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
    const { input, labels } = task;
    if (this.take({ input, rows: taskSampleRows(task), labels })) this.listener?.changed();
    return before - this.size;
  }

  /** @returns whether samples are gone, or are of other labels */
  private take({ input, rows, labels }: StoreHeader): boolean {
    const same = this.input && input && rows === this.rows && windowKey(this.input) === windowKey(input);
    const isChange = !same || labels.join('\n') !== this.labels.join('\n');
    if (isChange) this.reservoirs = same ? this.relabelled(labels) : new Map();
    this.input = input;
    this.rows = rows;
    this.labels = labels;
    if (isChange) this.distinct?.replace(this.list());
    return isChange;
  }

  private relabelled(labels: readonly string[]): Map<number, Reservoir> {
    const kept = new Map<number, Reservoir>();
    const put = (label: number, { seen, samples }: Reservoir) => {
      const to = kept.get(label) ?? { seen: 0, samples: [] };
      to.seen += seen;
      to.samples.push(...samples.map((sample) => ({ ...sample, label })));
      kept.set(label, to);
    };
    for (const [label, reservoir] of this.reservoirs) {
      const moved = labels.length === 0 ? unlabelled : labels.indexOf(this.labels[label] ?? '');
      if (moved >= 0) put(moved, reservoir);
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
    this.offer(label, sample.window);
  }

  private offer(label: number, window: Float32Array): void {
    if (this.distinct?.has({ label, window })) return;
    let reservoir = this.reservoirs.get(label);
    if (!reservoir) {
      reservoir = { seen: 0, samples: [] };
      this.reservoirs.set(label, reservoir);
      this.shrinkToQuota();
    }
    reservoir.seen++;
    const { samples, seen } = reservoir;
    const isFull = samples.length >= this.quota;
    const place = isFull ? this.random.integer(seen) : samples.length;
    if (isFull && place >= samples.length) return;
    const before = samples[place];
    const sample = { id: this.nextId++, label, window };
    samples[place] = sample;
    if (before) this.distinct?.delete(before);
    this.distinct?.add(sample);
    this.listener?.kept(sample, seen, before?.id ?? 0);
  }

  /**
   * Draws up to `maxSamples` without replacement: as evenly over the labels as the store allows, in random order. The
   * store does not change.
   */
  draw(maxSamples: number, random: Random): SampleBatch {
    const byLabel = new Map([...this.reservoirs].map(([label, { samples }]) => [label, samples]));
    return this.batch(drawSamples(byLabel, maxSamples, random));
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
  list(): StoredSample[] {
    return [...this.reservoirs].sort(([a], [b]) => a - b).flatMap(([, { samples }]) => samples);
  }

  /** All samples by ascending label, in one batch. */
  all(): SampleBatch {
    return this.batch(this.list());
  }

  /** Takes these windows out. @returns how many there were */
  remove(windows: ReadonlySet<Float32Array>): number {
    const out: StoredSample[] = [];
    for (const [label, { seen, samples }] of this.reservoirs) {
      out.push(...samples.filter(({ window }) => windows.has(window)));
      this.reservoirs.set(label, { seen, samples: samples.filter(({ window }) => !windows.has(window)) });
    }
    this.drop(out);
    return out.length;
  }

  clear(): void {
    this.reservoirs = new Map();
    this.distinct?.replace([]);
    this.listener?.changed();
  }

  /** Everything that the store holds at this time; later changes do not change it. */
  get content(): StoreContent {
    const { input, rows, labels } = this;
    const reservoirs = [...this.reservoirs].map(([label, { seen, samples }]) => ({
      label,
      seen,
      samples: samples.slice(),
    }));
    return { input, rows, labels, reservoirs };
  }

  /**
   * Takes samples of an earlier time. Samples that the store holds already come after them, and its task stays.
   * @returns whether the store holds exactly this content then, and how many samples do not fit its task or capacity
   */
  restore(content: StoreContent): { readonly isSame: boolean; readonly dropped: number } {
    const { listener, nextId, input, rows, labels } = this;
    const early = this.list();
    this.listener = undefined;
    this.input = content.input;
    this.rows = content.rows;
    this.labels = content.labels;
    const entries = content.reservoirs.map(({ label, seen, samples }): [number, Reservoir] => [
      label,
      { seen, samples: samples.slice() },
    ]);
    this.reservoirs = new Map(entries);
    const highest = entries
      .flatMap(([, { samples }]) => samples)
      .reduce((max, { id }) => Math.max(max, id), 0);
    this.nextId = Math.max(nextId, highest + 1);
    this.distinct?.replace(this.list());
    const before = this.size;
    this.shrinkToQuota();
    const isChange = input !== undefined && this.take({ input, rows, labels });
    const dropped = before - this.size;
    for (const { label, window } of early) this.offer(label, window);
    this.listener = listener;
    return { isSame: dropped === 0 && !isChange && early.length === 0, dropped };
  }

  /** Most samples of one label at this time. */
  private get quota(): number {
    return Math.max(1, Math.floor(this.capacity / Math.max(1, this.reservoirs.size)));
  }

  /**
   * Drops random samples of labels that have more than their share since a new label came.
   * @returns how many
   */
  private shrinkToQuota(): number {
    const dropped: StoredSample[] = [];
    for (const { samples } of this.reservoirs.values()) {
      while (samples.length > this.quota) {
        const out = this.random.integer(samples.length);
        dropped.push(samples[out]!);
        samples[out] = samples[samples.length - 1]!;
        samples.pop();
      }
    }
    this.drop(dropped);
    return dropped.length;
  }

  /** Forgets samples that were taken out of their reservoirs. */
  private drop(samples: readonly StoredSample[]): void {
    for (const sample of samples) this.distinct?.delete(sample);
    if (samples.length > 0) this.listener?.dropped(samples.map(({ id }) => id));
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

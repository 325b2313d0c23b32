import type { Samples } from '../../engine';
import type { Random } from '../../platform';
import { type Sample, SampleStore } from '../../stream';
import { type Task, taskSampleRows } from '../../task';

/** Options of `TrainingSamples`. */
export interface TrainingSamplesOptions {
  readonly task: Task;
  readonly random: Random;
  /** Memory for the samples, bytes. */
  readonly sampleBytes: number;
}

/**
 * The job begins at the latest when this many times the samples that it needs have been taken: one rare label whose
 * even share does not come together must not hold up a federation.
 */
export const patience = 4;

/**
 * Samples, fed by a person, that the coordinator itself trains on: for the warm start, and for the trials that measure
 * importance. No sample here also judges versions.
 */
export class TrainingSamples {
  private readonly store: SampleStore;
  private taken = 0;

  constructor({ task, random, sampleBytes }: TrainingSamplesOptions) {
    const bytes = taskSampleRows(task) * task.input.channels.length * Float32Array.BYTES_PER_ELEMENT;
    const most = Math.max(1, Math.floor(sampleBytes / bytes));
    const needed = task.warmStart?.samples ?? Math.ceil(task.selection.measureSamples / 2);
    this.store = new SampleStore({ capacity: Math.min(most, needed), random });
    this.store.fit(task);
  }

  /** Whether a job can begin. */
  get enough(): boolean {
    const { size, limit, capacity } = this.store;
    return size >= limit || this.taken >= patience * capacity;
  }

  /** Samples that are still missing; 0 once there are enough. */
  get missing(): number {
    return this.enough ? 0 : this.store.limit - this.store.size;
  }

  /** Adds a sample. @throws FtteError as `SampleStore.add` */
  add(sample: Sample): void {
    this.store.add(sample);
    this.taken++;
  }

  all(): Samples {
    return this.store.all();
  }
}

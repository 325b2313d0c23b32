import { rm } from 'node:fs/promises';
import { type Clock, type FtteError, wrapError } from '../../platform';
import type { SampleStore } from '../../stream';

export interface PersistedSamplesOptions {
  readonly store: SampleStore;
  /** Undefined: the samples are never written to disk. */
  readonly file: string | undefined;
  readonly clock: Clock;
  readonly onProblem: (error: FtteError) => void;
}

/** The time between writes while the participant works, because writing wears flash memory. The end always writes. */
const intervalMs = 10 * 60_000;

/** Keeps a sample store across a restart of the process, if the user asks for it. */
export class PersistedSamples {
  private savedMs = 0;

  constructor(private readonly options: PersistedSamplesOptions) {}

  /** Fills the store if it is empty. A damaged file is reported, and the store stays empty. */
  async load(): Promise<void> {
    const { store, file, clock, onProblem } = this.options;
    this.savedMs = clock.now();
    if (file === undefined || store.size > 0) return;
    const damage = await store.load(file);
    if (damage) onProblem(damage);
  }

  async saveSometimes(): Promise<void> {
    if (this.options.clock.now() - this.savedMs >= intervalMs) await this.save();
  }

  async save(): Promise<void> {
    const { store, file, clock, onProblem } = this.options;
    if (file === undefined) return;
    this.savedMs = clock.now();
    await store.save(file).catch(onProblem);
  }

  /** @throws FtteError `storage` if the file cannot be removed */
  async forget(): Promise<void> {
    const { store, file } = this.options;
    store.clear();
    if (file === undefined) return;
    await rm(file, { force: true }).catch((error) => {
      throw wrapError('storage', `cannot remove ${file}`, error, { path: file });
    });
  }
}

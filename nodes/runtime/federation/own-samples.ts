import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { eraseFile, storageError } from '../../../gateway/platform';
import type { SampleStore } from '../../../gateway/stream';

/** The labelled windows of a gateway, as its train node shares them with its predict nodes. */
export interface StoredWindows {
  readonly store: SampleStore;
  /** Memory for training, bytes. */
  readonly budgetBytes: number;
  /** Whether anything that is made of the windows may be on disk. */
  readonly keep: boolean;
}

const prefix = 'personal-';

/**
 * The place where the train node of a gateway and its predict nodes meet: the former has the labelled windows, and has
 * them forgotten, the latter make models of their own from them.
 */
export class OwnSamples {
  private shared: StoredWindows | undefined;
  private readonly listeners = new Set<() => Promise<void>>();

  /** @param folder of the gateway's state */
  constructor(private readonly folder: string) {}

  /** Undefined while no train node runs. */
  get windows(): StoredWindows | undefined {
    return this.shared;
  }

  /** Shares the windows of a train node. @returns ends that */
  share(windows: StoredWindows): () => void {
    this.shared = windows;
    return () => {
      if (this.shared === windows) this.shared = undefined;
    };
  }

  /** The file for the model of a predict node. */
  fileOf(nodeId: string): string {
    return join(this.folder, `${prefix}${nodeId.replace(/[^\w-]/g, '_')}.bin`);
  }

  /** Calls the listener when everything that was made of the windows has to go. @returns ends that */
  onForget(listener: () => Promise<void>): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Erases all models of this gateway, also those of predict nodes that do not run. @throws FtteError `storage` */
  async forget(): Promise<void> {
    const outcomes = await Promise.allSettled([...this.listeners].map((forget) => forget()));
    await this.erase();
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }

  /** Erases the files of all models of this gateway. @throws FtteError `storage` */
  async erase(): Promise<void> {
    const names = await readdir(this.folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [] as string[];
      throw storageError('cannot erase the own models in', this.folder, error);
    });
    // An interrupted write leaves a temporary file alone.
    const own = names
      .filter((name) => name.startsWith(prefix))
      .map((name) => name.replace(/\.bin\..*$/, '.bin'));
    for (const file of new Set(own)) await eraseFile(join(this.folder, file));
  }
}

import { SerialQueue } from '../concurrency/serial-queue';
import { writeAtomically } from './atomic-file';
import { DiskWrites, type DiskWritesOptions } from './disk-writes';

/** Options of `LatestFile`. */
export interface LatestFileOptions extends Omit<DiskWritesOptions, 'retry'> {
  readonly path: string;
}

type Content = () => Promise<Uint8Array | string> | Uint8Array | string;

/**
 * A file that holds the newest content that it was given. Content that the disk does not take is written again after
 * growing pauses, unless newer content came first.
 */
export class LatestFile {
  private readonly disk: DiskWrites;
  private readonly queue = new SerialQueue();
  private waiting: Content | undefined;

  constructor(private readonly options: LatestFileOptions) {
    this.disk = new DiskWrites({ ...options, retry: () => void this.write() });
    this.disk.start();
  }

  /** @param content made when its turn comes. Resolves when it is on disk, or the failure was reported. */
  save(content: Content): Promise<void> {
    this.waiting = content;
    return this.write();
  }

  /** Ends the attempts. Resolves when nothing is being written. */
  async stop(): Promise<void> {
    this.disk.stop();
    await this.idle();
  }

  /** Resolves when nothing is being written. */
  idle(): Promise<void> {
    return this.queue.idle();
  }

  private write(): Promise<void> {
    return this.queue.run(async () => {
      const content = this.waiting;
      if (!content) return;
      const written = await this.disk.write(async () => writeAtomically(this.options.path, await content()));
      if (written && this.waiting === content) this.waiting = undefined;
    });
  }
}

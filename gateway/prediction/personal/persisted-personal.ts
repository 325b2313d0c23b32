import {
  asFtteError,
  type Clock,
  eraseFile,
  type FtteError,
  LatestFile,
  type Random,
  StorageCipher,
} from '../../platform';
import { encodePersonal, type OwnModel, readPersonal } from './personal-file';

export interface PersistedPersonalOptions {
  /** Undefined: nothing is stored across a restart. */
  readonly file: string | undefined;
  /** False: nothing is written, and the file of an earlier run is erased. Default true. */
  readonly keep?: (() => boolean) | undefined;
  /** The key that the file is encrypted with. Absent: it is in plain. */
  readonly storageKey?: string | Uint8Array | undefined;
  readonly clock: Clock;
  /** Jitter between attempts to write. */
  readonly random: Random;
  readonly onProblem: (error: FtteError) => void;
  /** The file can be written again. */
  readonly onRecovered: (path: string) => void;
}

/** Keeps the own model of a gateway across a restart, until it is forgotten. */
export class PersistedPersonal {
  private readonly cipher: StorageCipher | undefined;
  private latest: LatestFile | undefined;

  constructor(private readonly options: PersistedPersonalOptions) {
    const { storageKey } = options;
    this.cipher = storageKey === undefined ? undefined : new StorageCipher(storageKey, 'personal');
  }

  /** Reads the stored model, if there is one. A file that cannot be used is reported. */
  async load(): Promise<OwnModel | undefined> {
    const { file, keep = () => true, onProblem } = this.options;
    if (file === undefined) return undefined;
    try {
      if (!keep()) {
        await eraseFile(file);
        return undefined;
      }
      const found = await readPersonal(file, this.cipher);
      // A key that is set later encrypts what was written before.
      if (found && !found.isCurrent) await this.save(found.own);
      return found?.own;
    } catch (error) {
      onProblem(asFtteError(error, 'storage'));
    }
    return undefined;
  }

  /** Resolves once the file is on disk, or the problem was reported. */
  async save(own: OwnModel): Promise<void> {
    const { file, keep = () => true } = this.options;
    if (file === undefined || !keep()) return;
    this.latest ??= this.open(file);
    await this.latest.save(() => encodePersonal(own, this.cipher));
  }

  /** Erases the file, and what waits to be written. @throws FtteError `storage` */
  async erase(): Promise<void> {
    const { file } = this.options;
    await this.stop();
    if (file !== undefined) await eraseFile(file);
  }

  /** Ends the attempts to write. Resolves once no write is pending. */
  async stop(): Promise<void> {
    const { latest } = this;
    this.latest = undefined;
    await latest?.stop();
  }

  private open(path: string): LatestFile {
    const { onProblem, onRecovered } = this.options;
    const onStorage = (problem: FtteError | undefined) => (problem ? onProblem(problem) : onRecovered(path));
    return new LatestFile({ ...this.options, path, onStorage });
  }
}

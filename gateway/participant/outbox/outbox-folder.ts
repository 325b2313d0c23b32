import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  FolderLock,
  type FolderLockOptions,
  FtteError,
  makeFolder,
  removeFile,
  removeLeftovers,
  type StorageCipher,
  setAside,
  storageError,
  writeAtomically,
} from '../../platform';
import { type FoundUpdate, outboxFile, readOutboxFile } from './outbox-file';

/** An update that was found in the folder. */
export interface StoredUpdate {
  readonly path: string;
  readonly message: Uint8Array;
}

/** A folder with one file per update, in the order of their names. */
export class OutboxFolder {
  private next = 0;
  private readonly lock: FolderLock;

  /**
   * @param options of the lock that keeps other processes out of the folder
   * @param cipher encrypts the files; absent: they are in plain
   */
  constructor(
    private readonly folder: string,
    options: FolderLockOptions,
    private readonly cipher?: StorageCipher,
  ) {
    this.lock = new FolderLock(`${folder}.lock`, options);
  }

  /**
   * Reads the updates of an earlier process, oldest first.
   * @param onUnread called for a file that is damaged, which is removed; that has another key, which is set aside; or that
   * cannot be read, which stays
   * @throws FtteError `storage` if the folder cannot be used
   */
  async open(onUnread: (error: FtteError) => void): Promise<StoredUpdate[]> {
    await this.lock.acquire();
    const found: StoredUpdate[] = [];
    for (const name of await this.list()) {
      const path = join(this.folder, name);
      this.next = Math.max(this.next, Number.parseInt(name, 10) + 1 || 0);
      try {
        const { message, isCurrent } = await this.readFile(path);
        // Even if its file cannot be written in the present form, it can be sent.
        found.push({ path, message });
        if (!isCurrent) await this.replace(path, message);
      } catch (error) {
        if ((error as FtteError).details['otherKey'] === true) {
          onUnread(await this.setAside(path, error as FtteError));
          continue;
        }
        onUnread(error as FtteError);
        if (isLost(error as FtteError)) await this.remove(path);
      }
    }
    return found;
  }

  /** @returns the path of the file @throws FtteError `storage` */
  async add(id: string, message: Uint8Array): Promise<string> {
    const path = join(this.folder, `${String(this.next).padStart(12, '0')}-${id}.update`);
    await writeAtomically(path, await outboxFile(message, this.cipher));
    this.next++;
    return path;
  }

  /** Writes another message over a file: a reader finds the one or the other. @throws FtteError `storage` */
  async replace(path: string, message: Uint8Array): Promise<void> {
    await writeAtomically(path, await outboxFile(message, this.cipher));
  }

  /** @throws FtteError `storage`; its details have no `reason` if the file is there and damaged */
  async read(path: string): Promise<Uint8Array> {
    return (await this.readFile(path)).message;
  }

  private readFile(path: string): Promise<FoundUpdate> {
    return readOutboxFile(path, this.cipher).catch((error) => {
      throw storageError('cannot read', path, error);
    });
  }

  /** @returns the error with the place of the file */
  private async setAside(path: string, error: FtteError): Promise<FtteError> {
    const text = `${error.message}; the file is kept as ${await setAside(path)}`;
    return new FtteError('storage', text, error.details, { cause: error });
  }

  /** @throws FtteError `storage` */
  async remove(path: string): Promise<void> {
    await removeFile(path).catch((error) => {
      throw storageError('cannot remove', path, error);
    });
  }

  /** Lets another process use the folder. */
  close(): Promise<void> {
    return this.lock.release();
  }

  private async list(): Promise<string[]> {
    const { folder } = this;
    try {
      await makeFolder(folder);
      await removeLeftovers(folder);
      return (await readdir(folder)).filter((name) => name.endsWith('.update')).sort();
    } catch (error) {
      throw storageError('cannot use the outbox', folder, error);
    }
  }
}

/** Whether a file was removed or is damaged, so that another attempt would fail, too. */
export function isLost(error: FtteError): boolean {
  return error.details.reason === undefined || error.details.reason === 'ENOENT';
}

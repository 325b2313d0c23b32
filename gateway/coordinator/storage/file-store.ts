import { type FileHandle, open, readdir, readFile, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  create,
  FtteError,
  removeFile,
  removeLeftovers,
  type SpareFile,
  setAside,
  storageError,
  syncFolder,
  writeAtomically,
  writeParts,
} from '../../platform';
import type { GrowingFiles } from './log/update-log';

/** A store of whole files: a folder, or memory if the files need not outlive the process. */
export interface FileStore {
  /** The names of all files. */
  list(): Promise<string[]>;
  /** @throws FtteError `storage` if the file cannot be read */
  read(name: string): Promise<Uint8Array>;
  /**
   * Writes the parts one after the other; the file is durable when it resolves. @throws FtteError `storage`; the file
   * is unchanged then
   */
  write(name: string, parts: readonly Uint8Array[]): Promise<void>;
  /** Removes a file. A file that does not exist is no error. */
  remove(name: string): Promise<void>;
  /** Renames a damaged file, so that a person can look at it. @returns its new name */
  setAside(name: string): Promise<string>;
  /** Removes what is held for later writes. */
  close(): Promise<void>;
}

/** The files of a folder, written whole or appended to. */
export class FolderFileStore implements FileStore, GrowingFiles {
  /** Bytes of the files that this store has written. */
  private readonly sizes = new Map<string, number>();
  /** A removed file, which the next write takes. It has the name of a temporary file, in case nobody does. */
  private spare: SpareFile | undefined;

  constructor(private readonly folder: string) {}

  /** Also removes the temporary files of interrupted writes. */
  async list(): Promise<string[]> {
    await removeLeftovers(this.folder);
    try {
      return await readdir(this.folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw storageError('cannot list', this.folder, error);
    }
  }

  async read(name: string): Promise<Uint8Array> {
    const path = join(this.folder, name);
    return readFile(path).catch((error) => {
      throw storageError('cannot read', path, error);
    });
  }

  async write(name: string, parts: readonly Uint8Array[]): Promise<void> {
    const { spare } = this;
    this.spare = undefined;
    await writeAtomically(join(this.folder, name), parts, spare);
    this.sizes.set(
      name,
      parts.reduce((sum, part) => sum + part.length, 0),
    );
  }

  async create(name: string, parts: readonly Uint8Array[]): Promise<boolean> {
    const path = join(this.folder, name);
    try {
      const file = await create(path, 'ax').catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      });
      if (!file) return false;
      await appendTo(file, parts, true);
      await syncFolder(this.folder);
      return true;
    } catch (error) {
      throw storageError('cannot write', path, error);
    }
  }

  async append(name: string, parts: readonly Uint8Array[], sync: boolean): Promise<void> {
    const path = join(this.folder, name);
    try {
      await appendTo(await open(path, 'a'), parts, sync);
    } catch (error) {
      throw storageError('cannot write', path, error);
    }
  }

  async remove(name: string): Promise<void> {
    const path = join(this.folder, name);
    const bytes = this.sizes.get(name);
    this.sizes.delete(name);
    try {
      if (bytes === undefined || this.spare) await removeFile(path);
      else this.spare = await setApart(path, bytes);
    } catch (error) {
      throw storageError('cannot remove', path, error);
    }
  }

  async setAside(name: string): Promise<string> {
    return basename(await setAside(join(this.folder, name)));
  }

  async close(): Promise<void> {
    const { spare } = this;
    this.spare = undefined;
    if (spare) await removeFile(spare.path);
  }
}

async function appendTo(file: FileHandle, parts: readonly Uint8Array[], sync: boolean): Promise<void> {
  try {
    if (parts.length > 0) await writeParts(file, parts);
    if (sync) await file.datasync();
  } finally {
    await file.close();
  }
}

/** Makes a temporary file of a file; undefined if it does not exist. */
async function setApart(path: string, bytes: number): Promise<SpareFile | undefined> {
  const temporary = `${path}.part`;
  try {
    await rename(path, temporary);
    return { path: temporary, bytes };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return undefined;
  }
}

export class MemoryFileStore implements FileStore {
  private readonly files = new Map<string, Uint8Array>();

  async list(): Promise<string[]> {
    return [...this.files.keys()];
  }

  async read(name: string): Promise<Uint8Array> {
    const bytes = this.files.get(name);
    if (!bytes) throw new FtteError('storage', `there is no ${name}`);
    return bytes;
  }

  async write(name: string, parts: readonly Uint8Array[]): Promise<void> {
    this.files.set(name, Buffer.concat(parts));
  }

  async remove(name: string): Promise<void> {
    this.files.delete(name);
  }

  async setAside(name: string): Promise<string> {
    this.files.delete(name);
    return name;
  }

  async close(): Promise<void> {}
}

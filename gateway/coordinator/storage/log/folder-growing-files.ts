import { type FileHandle, open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { create, removeFile, storageError, syncFolder, writeParts } from '../../../platform';
import type { GrowingFiles } from './update-log';

/** Files of a folder that are appended to. */
export class FolderGrowingFiles implements GrowingFiles {
  constructor(private readonly folder: string) {}

  async list(): Promise<string[]> {
    return readdir(this.folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw storageError('cannot list', this.folder, error);
    });
  }

  async read(name: string): Promise<Uint8Array> {
    const path = join(this.folder, name);
    return readFile(path).catch((error) => {
      throw storageError('cannot read', path, error);
    });
  }

  async create(name: string, parts: readonly Uint8Array[]): Promise<boolean> {
    const path = join(this.folder, name);
    try {
      const file = await create(path, 'ax').catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      });
      if (!file) return false;
      await write(file, parts, true);
      await syncFolder(this.folder);
      return true;
    } catch (error) {
      throw storageError('cannot write', path, error);
    }
  }

  async append(name: string, parts: readonly Uint8Array[], sync: boolean): Promise<void> {
    const path = join(this.folder, name);
    try {
      await write(await open(path, 'a'), parts, sync);
    } catch (error) {
      throw storageError('cannot write', path, error);
    }
  }

  async remove(name: string): Promise<void> {
    const path = join(this.folder, name);
    await removeFile(path).catch((error) => {
      throw storageError('cannot remove', path, error);
    });
  }
}

async function write(file: FileHandle, parts: readonly Uint8Array[], sync: boolean): Promise<void> {
  try {
    if (parts.length > 0) await writeParts(file, parts);
    if (sync) await file.datasync();
  } finally {
    await file.close();
  }
}

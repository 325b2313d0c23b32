import { open, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { removeFile } from './atomic-file';
import { syncFolder } from './make-folder';
import { storageError } from './storage-error';

const chunk = Buffer.alloc(256 * 1024);

/**
 * Erases a file and its temporary files: each is written over, and then removed. A file that does not exist is no error.
 * Flash memory may keep what was written over; only an encrypted disk prevents that.
 * @param copies whether copies that were set aside are erased, too
 * @throws FtteError `storage`
 */
export async function eraseFile(path: string, copies = false): Promise<void> {
  const folder = dirname(path);
  const name = basename(path);
  try {
    const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [] as string[];
      throw error;
    });
    const isOwn = (other: string) =>
      other === name ||
      (other.startsWith(`${name}.`) && (other.endsWith('.part') || (copies && /\.damaged-\d+$/.test(other))));
    for (const own of names.filter(isOwn)) await overwrite(join(folder, own));
    await syncFolder(folder);
  } catch (error) {
    throw storageError('cannot erase', path, error);
  }
}

async function overwrite(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const { size } = await file.stat();
    for (let at = 0; at < size; at += chunk.length) {
      await file.write(chunk, 0, Math.min(chunk.length, size - at), at);
    }
    await file.datasync();
  } finally {
    await file.close();
  }
  await removeFile(path);
}

import { readdir, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { syncFolder } from './make-folder';
import { storageError } from './storage-error';

/**
 * Renames a damaged file or folder to `<path>.damaged-<number>`, so that a person can look at it. The number is the first
 * that is free: what was set aside earlier stays, and a person deletes it.
 * @returns the new path
 * @throws FtteError `storage`
 */
export async function setAside(path: string): Promise<string> {
  const folder = dirname(path);
  try {
    const names = new Set(await readdir(folder));
    let number = 1;
    while (names.has(`${basename(path)}.damaged-${number}`)) number++;
    const aside = join(folder, `${basename(path)}.damaged-${number}`);
    await rename(path, aside);
    await syncFolder(folder);
    return aside;
  } catch (error) {
    throw storageError('cannot set aside', path, error);
  }
}

import { mkdir, open, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** What only this package reads is for its owner alone. */
const ownersOnly = 0o700;

/**
 * Makes a folder, and those above it that are missing, one after the other from the deepest that exists. Node.js' own
 * recursive `mkdir` tells of a read-only disk as ENOENT, and never ends below `/proc`.
 * @param mode of the folders that are made; default: for the owner alone
 * @throws the system's error: EROFS, EACCES, ENOTDIR, ENOSPC
 */
export async function makeFolder(path: string, mode = ownersOnly): Promise<void> {
  const missing = await missingFolders(resolve(path));
  for (const folder of missing) {
    await mkdir(folder, { mode }).catch(async (error: NodeJS.ErrnoException) => {
      // Another process may have made it meanwhile.
      if (error.code !== 'EEXIST' || !(await isFolder(folder).catch(() => false))) throw error;
    });
    await syncFolder(dirname(folder));
  }
}

/** The folders of this path that are not there, the highest first. */
async function missingFolders(path: string): Promise<string[]> {
  const missing: string[] = [];
  for (let at = path; ; at = dirname(at)) {
    try {
      if (await isFolder(at)) return missing;
      throw notAFolder(at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' || dirname(at) === at) throw error;
      missing.unshift(at);
    }
  }
}

/** @throws the system's error where there is nothing of that name */
async function isFolder(path: string): Promise<boolean> {
  return (await stat(path)).isDirectory();
}

function notAFolder(path: string): Error {
  const text = `ENOTDIR: not a directory, mkdir '${path}'`;
  return Object.assign(new Error(text), { code: 'ENOTDIR', syscall: 'mkdir', path });
}

/** Makes a rename or a new file durable. Windows cannot open folders; there the operation itself is enough. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  if (!handle) return;
  try {
    await handle.sync();
  } catch {
    // Some network file systems refuse to sync a folder: the file itself is already on disk.
  } finally {
    await handle.close();
  }
}

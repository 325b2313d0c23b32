import { mkdirSync, statSync } from 'node:fs';
import { mkdir, open, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** Files that only this package reads are for their owner alone. */
const ownersOnly = 0o700;

/**
 * Makes a folder and its missing parents, one after the other from the deepest that exists. The recursive `mkdir` of
 * Node.js reports a read-only disk as ENOENT, and never ends below `/proc`.
 * @param mode of the folders that are made; default: for the owner alone
 * @throws the error of the system: EROFS, EACCES, ENOTDIR, ENOSPC
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

/**
 * As `makeFolder`, in one turn of the event loop, and without making the folders durable.
 * @throws the error of the system: EROFS, EACCES, ENOTDIR, ENOSPC
 */
export function makeFolderNow(path: string, mode = ownersOnly): void {
  const isFolderNow = (at: string) => statSync(at, { throwIfNoEntry: false })?.isDirectory() ?? false;
  const missing: string[] = [];
  for (let at = resolve(path); !isFolderNow(at) && dirname(at) !== at; at = dirname(at)) missing.unshift(at);
  for (const folder of missing) {
    try {
      mkdirSync(folder, { mode });
    } catch (error) {
      // Another process may have made it meanwhile.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !isFolderNow(folder)) throw error;
    }
  }
}

/** The folders of this path that do not exist, the highest first. */
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

/** @throws the error of the system if there is nothing of that name */
async function isFolder(path: string): Promise<boolean> {
  return (await stat(path)).isDirectory();
}

function notAFolder(path: string): Error {
  const text = `ENOTDIR: not a directory, mkdir '${path}'`;
  return Object.assign(new Error(text), { code: 'ENOTDIR', syscall: 'mkdir', path });
}

/** Makes a rename or a new file durable. Windows cannot open folders, and the operation itself is enough there. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  if (!handle) return;
  try {
    await handle.sync();
  } catch {
    // Some network file systems refuse to sync a folder. The file itself is already on disk.
  } finally {
    await handle.close();
  }
}

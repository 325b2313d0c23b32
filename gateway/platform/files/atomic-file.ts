import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { wrapError } from '../errors/errors';

/**
 * Writes a file so that a reader sees the old content or the new, never half: temporary file in the same folder,
 * fsync, rename, fsync of the folder. Makes the folder if it is missing.
 * @throws FtteError `storage` naming the path and the system's reason (disk full, not writable).
 */
export async function writeAtomically(path: string, data: Uint8Array | string): Promise<void> {
  const folder = dirname(path);
  const temporary = `${path}.${randomBytes(4).toString('hex')}.part`;
  try {
    await mkdir(folder, { recursive: true });
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(folder);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw wrapError('storage', `cannot write ${path}`, error, { path });
  }
}

/**
 * A whole file; undefined where there is none.
 * @throws FtteError `storage` naming the path and the system's reason
 */
export async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw wrapError('storage', `cannot read ${path}`, error, { path });
  }
}

/** Removes what an interrupted `writeAtomically` left behind in `folder`. */
export async function removeLeftovers(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => [] as string[]);
  await Promise.all(
    names.filter((name) => name.endsWith('.part')).map((name) => rm(join(folder, name), { force: true })),
  );
}

/** Makes a rename durable. Windows cannot open folders; there the rename is enough. */
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

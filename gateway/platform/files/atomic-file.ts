import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { wrapError } from '../errors/errors';

/**
 * Writes a file so that a reader sees the old content or the new, never half: temporary file in the same folder,
 * fsync, rename, fsync of the folder. Makes the folder if it is missing.
 * @param data as one, or in parts that are written end to end
 * @throws FtteError `storage` naming the path and the system's reason (disk full, not writable).
 */
export async function writeAtomically(
  path: string,
  data: Uint8Array | string | readonly Uint8Array[],
): Promise<void> {
  const folder = dirname(path);
  const temporary = `${path}.${randomBytes(4).toString('hex')}.part`;
  try {
    const file = await create(temporary, 'wx');
    try {
      if (Array.isArray(data)) await writeParts(file, data);
      else await file.writeFile(data as Uint8Array | string);
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
 * Opens a new file for its owner alone; makes its folder if that is missing.
 * @param flags `wx` to write it, `ax` to append to it
 */
export async function create(path: string, flags: 'wx' | 'ax'): Promise<FileHandle> {
  try {
    return await open(path, flags, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    await mkdir(dirname(path), { recursive: true });
    return open(path, flags, 0o600);
  }
}

/**
 * Writes the parts end to end, where the file is now; in one go, as far as the system takes it.
 * @returns bytes of all parts
 */
export async function writeParts(file: FileHandle, parts: readonly Uint8Array[]): Promise<number> {
  const { bytesWritten } = await file.writev(parts);
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  if (bytesWritten < length) await file.writeFile(Buffer.concat(parts).subarray(bytesWritten));
  return length;
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

/** Removes a file; one that is not there is fine. */
export async function removeFile(path: string): Promise<void> {
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
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

import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readdir, readFile, rename, rm, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder, syncFolder } from './make-folder';
import { storageError } from './storage-error';

/** A file that nobody needs, to be written over: that is less work for a disk than a new file and a removal. */
export interface SpareFile {
  readonly path: string;
  readonly bytes: number;
}

/**
 * Writes a file so that a reader sees either the old content or the new content, never a part of it: it writes a
 * temporary file in the same folder, syncs it, renames it, and syncs the folder. It makes the folder if it is missing.
 * @param data the content in one array, or in parts that are written one after the other
 * @param spare the temporary file, in the same folder; absent: a new one. It is gone afterwards.
 * @throws FtteError `storage` naming the path and the reason of the system (disk full, not writable)
 */
export async function writeAtomically(
  path: string,
  data: Uint8Array | string | readonly Uint8Array[],
  spare?: SpareFile,
): Promise<void> {
  await replace(path, (file) => writeParts(file, partsOf(data)), spare);
}

/**
 * Writes a file like `writeAtomically`, from chunks that are made one after the other, each when the one before it is
 * written.
 * @returns bytes of the file
 */
export async function writeChunks(path: string, chunks: Iterable<readonly Uint8Array[]>): Promise<number> {
  return replace(path, async (file) => {
    let bytes = 0;
    for (const parts of chunks) bytes += await writeParts(file, parts);
    return bytes;
  });
}

/** @param write resolves with the number of bytes */
async function replace(
  path: string,
  write: (file: FileHandle) => Promise<number>,
  spare?: SpareFile,
): Promise<number> {
  const folder = dirname(path);
  const temporary = spare?.path ?? `${path}.${randomBytes(4).toString('hex')}.part`;
  try {
    const file = spare ? await openSpare(spare) : await create(temporary, 'wx');
    let length: number;
    try {
      length = await write(file);
      if (spare && spare.bytes > length) await file.truncate(length);
      await (spare ? file.datasync() : file.sync());
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(folder);
    return length;
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw storageError('cannot write', path, error);
  }
}

function partsOf(data: Uint8Array | string | readonly Uint8Array[]): readonly Uint8Array[] {
  if (typeof data === 'string') return [Buffer.from(data)];
  return data instanceof Uint8Array ? [data] : data;
}

/** Opens a file to write over it; a new one if it is gone. */
async function openSpare({ path }: SpareFile): Promise<FileHandle> {
  try {
    return await open(path, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return create(path, 'wx');
  }
}

/**
 * Opens a new file that only its owner can read, and makes its folder if that is missing.
 * @param flags `wx` to write the file, `ax` to append to it
 */
export async function create(path: string, flags: 'wx' | 'ax'): Promise<FileHandle> {
  try {
    return await open(path, flags, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    await makeFolder(dirname(path));
    return open(path, flags, 0o600);
  }
}

/**
 * Writes the parts one after the other at the position of the file, in one call as far as the system accepts them.
 * @returns bytes of all parts
 */
export async function writeParts(file: FileHandle, parts: readonly Uint8Array[]): Promise<number> {
  const { bytesWritten } = await file.writev(parts);
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  if (bytesWritten < length) await file.writeFile(Buffer.concat(parts).subarray(bytesWritten));
  return length;
}

/**
 * Reads a whole file. Undefined if there is no file.
 * @throws FtteError `storage` naming the path and the reason of the system
 */
export async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw storageError('cannot read', path, error);
  }
}

/** Removes a file. A file that does not exist is no error. */
export async function removeFile(path: string): Promise<void> {
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

/** Makes a file end after this number of bytes; it does on disk when this resolves. @returns false if there is no file */
export async function cutFile(path: string, length: number): Promise<boolean> {
  const file = await open(path, 'r+').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  if (!file) return false;
  try {
    await file.truncate(length);
    await file.sync();
    return true;
  } finally {
    await file.close();
  }
}

/** Removes the temporary files that an interrupted `writeAtomically` left in `folder`. */
export async function removeLeftovers(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => [] as string[]);
  await Promise.all(
    names.filter((name) => name.endsWith('.part')).map((name) => rm(join(folder, name), { force: true })),
  );
}

import { open, readFile, realpath, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { create, removeFile } from '../files/atomic-file';
import { syncFolder } from '../files/make-folder';
import type { ProcessIdentity } from './process-identity';

/** The content of a lock file. */
export interface LockRecord extends ProcessIdentity {
  /** Names one acquisition. */
  readonly token: string;
  /** ISO 8601. */
  readonly since: string;
  /** The path and the file number that the lock file was created with; a copy of it has others. */
  readonly path: string;
  readonly file: string;
}

/** A lock file as it is on disk. `undefined`: its content is no record. */
export interface FoundLock {
  readonly record: LockRecord | undefined;
  /** Whether it is a copy, which came with a copy of its folder. */
  readonly isCopy: boolean;
}

/** The lock file at this path, if there is one. */
export async function readLock(path: string): Promise<FoundLock | undefined> {
  try {
    const record = parse(await readFile(path, 'utf8'));
    const file = String((await stat(path, { bigint: true })).ino);
    const isCopy = record !== undefined && record.file !== file && record.path !== (await placeOf(path));
    return { record, isCopy };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Creates a lock file. @returns false if there is one already */
export async function createLock(path: string, owner: Omit<LockRecord, 'path' | 'file'>): Promise<boolean> {
  const handle = await create(path, 'wx').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  if (!handle) return false;
  try {
    const { ino } = await handle.stat({ bigint: true });
    const record: LockRecord = { ...owner, path: await placeOf(path), file: String(ino) };
    await handle.writeFile(`${JSON.stringify(record)}\n`);
    await handle.sync();
  } catch (error) {
    await removeFile(path).catch(() => undefined);
    throw error;
  } finally {
    await handle.close();
  }
  await syncFolder(dirname(path));
  return true;
}

/**
 * Removes a lock file, unless another process has replaced it meanwhile.
 * @param token of the lock that was read; undefined: it had no record
 */
export async function removeLock(path: string, token: string | undefined, own: string): Promise<void> {
  const aside = `${path}.${own}.part`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const taken = parse(await readFile(aside, 'utf8'));
  if (taken?.token === token) await removeFile(aside);
  else await rename(aside, path);
}

/** Makes an empty file, or leaves the one that is there. */
export async function touch(path: string): Promise<void> {
  await (await open(path, 'a', 0o600)).close();
}

async function placeOf(path: string): Promise<string> {
  const folder = dirname(path);
  return join(await realpath(folder), path.slice(folder.length + 1));
}

function parse(text: string): LockRecord | undefined {
  try {
    const record: unknown = JSON.parse(text);
    const { token, pid, host, boot } = record as Partial<Record<keyof LockRecord, unknown>>;
    const isRecord =
      typeof token === 'string' &&
      Number.isSafeInteger(pid) &&
      typeof host === 'string' &&
      typeof boot === 'string';
    return isRecord ? (record as LockRecord) : undefined;
  } catch {
    return undefined;
  }
}

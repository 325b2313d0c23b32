import { type FileHandle, open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { portionsOf, scatterAdd, segmentsSize } from '../../model';
import {
  create,
  type Resumable,
  removeFile,
  runAsync,
  runSync,
  storageError,
  syncFolder,
  writeParts,
  type YieldToEventLoop,
} from '../../platform';
import type { PastVersions } from '../aggregation';
import { decodeTrail, encodeStep, encodeWhole, type TrailEntry, type TrailStep } from './trail-record';

/** Changes that a file holds at least, so that the parameters at its start are a small part of it. */
const fewestChanges = 8;

/** A file of the trail. */
interface TrailFile {
  readonly path: string;
  /** The version whose parameters it begins with; Infinity if it cannot be read. */
  first: number;
}

/** The file that is appended to. */
interface OpenFile {
  readonly path: string;
  /** The newest version in it. */
  last: number;
  changes: number;
  /** Records that are not synced. */
  unsynced: number;
}

/**
 * The past versions that damping needs, in files `trail-<number>.log`. A file begins with the parameters of a version;
 * each record after them is the change that made the next one, as gateways receive it, so adding gives the same bits. A
 * version costs the disk as many bytes as its patch, and a sync now and then: a record is synced before the checkpoint of
 * its version is removed.
 */
export class Trail {
  private files: TrailFile[] = [];
  private nextNumber = 0;
  /** The file that is appended to. */
  private current: OpenFile | undefined;

  /**
   * @param folder undefined: nothing is stored
   * @param unsynced records that may be lost with the power, because checkpoints hold their versions, too
   */
  constructor(
    private readonly folder: string | undefined,
    private readonly unsynced: number,
    private readonly turn?: YieldToEventLoop,
  ) {}

  /** Finds the existing files. @throws FtteError `storage` */
  async open(): Promise<void> {
    const { folder } = this;
    if (folder === undefined) return;
    const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [] as string[];
      throw storageError('cannot list', folder, error);
    });
    const numbers = names.map(numberOf).filter((number) => number !== undefined);
    numbers.sort((a, b) => a - b);
    this.files = numbers.map((number) => ({ path: join(folder, nameOf(number)), first: Infinity }));
    this.nextNumber = (numbers.at(-1) ?? -1) + 1;
    this.current = undefined;
  }

  /**
   * The parameters of past versions, by number, ascending. Those that cannot be read are missing.
   * @param size of the model
   * @throws FtteError `storage`
   */
  async read(lineage: string, { from, to }: PastVersions, size: number): Promise<Map<number, Float32Array>> {
    const found = new Map<number, Float32Array>();
    for (const file of this.files) {
      const bytes = await readFile(file.path).catch((error) => {
        throw storageError('cannot read', file.path, error);
      });
      const entries = (await this.run(decodeTrail(bytes))).filter((entry) => entry.lineage === lineage);
      const [first] = entries;
      if (first?.parameters?.length !== size) continue;
      file.first = first.version;
      // What an earlier run had made of this version may never have been published.
      for (const version of found.keys()) if (version >= first.version) found.delete(version);
      let parameters = first.parameters;
      for (const entry of entries) {
        if (entry.version > to) break;
        if (entry.version >= from || entry.change) parameters = parameters.slice();
        await this.run(addChange(parameters, entry));
        if (entry.version >= from) found.set(entry.version, parameters);
      }
    }
    return found;
  }

  /**
   * Appends the step that made the newest version. Until this resolves, its arrays must not change. A step that was
   * appended already is not appended again.
   * @param past the versions that are needed at this time
   * @throws FtteError `storage`
   */
  async append(lineage: string, step: TrailStep | undefined, past: PastVersions | undefined): Promise<void> {
    const { folder, current } = this;
    if (folder === undefined || !step || current?.last === step.to) return;
    const most = Math.max(fewestChanges, past?.count ?? 0);
    const follows = current?.last === step.from && current.changes < most;
    const change = await this.run(encodeStep(lineage, step));
    try {
      if (current && follows) {
        const isLast = current.changes + 1 === most;
        const sync = isLast || current.unsynced >= this.unsynced;
        await write(await open(current.path, 'a'), change, sync);
        current.last = step.to;
        current.changes++;
        current.unsynced = sync ? 0 : current.unsynced + 1;
        return;
      }
      if (current && current.unsynced > 0) await write(await open(current.path, 'a'), [], true);
      const whole = await this.run(encodeWhole(lineage, step.from, step.before));
      const { path, file } = await this.createNext(folder);
      this.files.push({ path, first: step.from });
      await write(file, [...whole, ...change], true);
      await syncFolder(folder);
      this.current = { path, last: step.to, changes: 1, unsynced: 0 };
    } catch (error) {
      // It may end in an incomplete record.
      this.current = undefined;
      throw storageError('cannot write the trail in', folder, error);
    }
  }

  /** Removes files that hold no version from this one on. Undefined: none is needed. @throws FtteError `storage` */
  async release(from: number | undefined): Promise<void> {
    const last = this.files.findLastIndex(({ first }) => first <= (from ?? Infinity));
    const gone = this.files.slice(0, Math.max(0, last));
    if (from === undefined && !this.current) gone.push(...this.files.slice(Math.max(0, last)));
    for (const { path } of gone) {
      await removeFile(path).catch((error) => {
        throw storageError('cannot remove', path, error);
      });
    }
    this.files = this.files.filter((file) => !gone.includes(file));
  }

  /** Creates the next file. A process that was taken for dead may have made one since the folder was read. */
  private async createNext(folder: string): Promise<{ readonly path: string; readonly file: FileHandle }> {
    for (;;) {
      const path = join(folder, nameOf(this.nextNumber++));
      try {
        return { path, file: await create(path, 'ax') };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
    }
  }

  private run<T>(steps: Resumable<T>): Promise<T> | T {
    return this.turn ? runAsync(steps, this.turn) : runSync(steps);
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

/** Adds the change of an entry, in portions, as the model itself did. */
function* addChange(parameters: Float32Array, { change }: TrailEntry): Resumable<void> {
  if (!change) return;
  let at = 0;
  for (const portion of portionsOf(change.segments)) {
    const size = segmentsSize(portion);
    scatterAdd(parameters, portion, change.values.subarray(at, at + size));
    at += size;
    yield;
  }
}

function nameOf(number: number): string {
  return `trail-${String(number).padStart(9, '0')}.log`;
}

function numberOf(name: string): number | undefined {
  const match = /^trail-(\d{9,15})\.log$/.exec(name);
  return match ? Number(match[1]) : undefined;
}

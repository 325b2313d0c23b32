import { open } from 'node:fs/promises';
import { create, cutFile, readIfThere, writeAtomically, writeParts } from './atomic-file';
import { type FoundRecords, findRecords, frameRecord } from './records';
import { storageError } from './storage-error';

/**
 * A file of records to which one at a time is appended. One that was added is on disk; what an append has left that failed
 * is cut off before the next one, which could not be read behind it.
 */
export class AppendFile {
  /** Bytes of whole records. */
  private bytes = 0;
  /** The file may have more than whole records. */
  private isTorn = false;

  /** @param magic kind of record and version of its format, eight characters */
  constructor(
    readonly path: string,
    private readonly magic: string,
  ) {}

  /** The records of the file; none without one. @throws FtteError `storage` */
  async read(): Promise<FoundRecords> {
    const bytes = (await readIfThere(this.path)) ?? Buffer.alloc(0);
    const found = findRecords(this.magic, bytes);
    this.bytes = bytes.length - found.torn;
    this.isTorn = found.torn > 0;
    return found;
  }

  /** Cuts off what is no whole record. @throws FtteError `storage` */
  async cut(): Promise<void> {
    if (!this.isTorn) return;
    await cut(this.path, this.bytes);
    this.isTorn = false;
  }

  /** Begins again with these bodies alone. @throws FtteError `storage`; the file is as before then */
  async begin(bodies: readonly Uint8Array[]): Promise<void> {
    const parts = bodies.flatMap((body) => frameRecord(this.magic, [body]));
    await writeAtomically(this.path, parts);
    this.bytes = lengthOf(parts);
    this.isTorn = false;
  }

  /** Adds a record; it is on disk when this resolves. @throws FtteError `storage` */
  async add(body: Uint8Array): Promise<void> {
    const parts = frameRecord(this.magic, [body]);
    await this.cut();
    this.isTorn = true;
    await append(this.path, parts);
    this.isTorn = false;
    this.bytes += lengthOf(parts);
  }
}

const lengthOf = (parts: readonly Uint8Array[]) => parts.reduce((sum, part) => sum + part.length, 0);

async function cut(path: string, length: number): Promise<void> {
  try {
    // Without a file, nothing was written yet.
    if (!(await cutFile(path, length)) && length > 0) throw new Error('the file is gone');
  } catch (error) {
    throw storageError('cannot write', path, error);
  }
}

async function append(path: string, parts: readonly Uint8Array[]): Promise<void> {
  try {
    const file = await open(path, 'a', 0o600).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      return create(path, 'ax');
    });
    await writeParts(file, parts)
      .then(() => file.sync())
      .finally(() => file.close());
  } catch (error) {
    throw storageError('cannot write', path, error);
  }
}

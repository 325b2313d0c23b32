import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import {
  checkSchema,
  create,
  FtteError,
  findRecords,
  frameRecord,
  readIfThere,
  storageError,
  writeAtomically,
  writeParts,
} from '../../platform';

/** Options of `AppendLedger`. */
export interface AppendLedgerOptions<Entry> {
  /** Undefined: the ledger lives as long as the process. */
  readonly folder: string | undefined;
  /** Names of the file of entries, and of the second file, which says how many there are. */
  readonly file: string;
  readonly headFile: string;
  /** Kind of record and version of its format, eight characters. */
  readonly magic: string;
  readonly schema: z.ZodType<Entry>;
  /** Consequence of a ledger that cannot be trusted, for a person: "no round ... begins". */
  readonly consequence: string;
}

/** The number of entries, and a digest that each entry changes. */
const headSchema = z.object({ entries: z.number().int().min(0), digest: z.string() });
type Head = Readonly<z.infer<typeof headSchema>>;

const emptyHead: Head = { entries: 0, digest: '' };

/**
 * A file of what was spent. An entry is on disk before it is used, and none is ever removed. A second file says how many
 * entries there are and what they hash to, so that a ledger which is damaged, cut or replaced by an earlier copy of itself
 * is found.
 */
export class AppendLedger<Entry> {
  private readonly kept: Entry[] = [];
  private head = emptyHead;
  /** Bytes of whole records. */
  private bytes = 0;
  /** The file may have more than whole records, because writing the last one has failed. */
  private isTorn = false;

  constructor(private readonly options: AppendLedgerOptions<Entry>) {}

  get entries(): readonly Entry[] {
    return this.kept;
  }

  /**
   * Reads the ledger of earlier runs.
   * @throws FtteError `storage` if a file cannot be read; `privacy-ledger` if what it says cannot be trusted
   */
  async open(): Promise<void> {
    const { folder, file, headFile, magic } = this.options;
    if (folder === undefined) return;
    const path = join(folder, file);
    const [bytes, headBytes] = [await readIfThere(path), await readIfThere(join(folder, headFile))];
    const head = headBytes === undefined ? undefined : parsed(headSchema, headBytes);
    if (headBytes !== undefined && !head) throw this.distrusted(`${headFile} beside it is damaged`);
    if (!head) {
      if (bytes?.length) throw this.distrusted(`${headFile} is missing beside it`);
      return;
    }
    const { bodies, torn, damaged, repaired } = findRecords(magic, bytes ?? Buffer.alloc(0));
    if (repaired > 0) throw this.distrusted('it has changed on disk');
    const digests = [emptyHead.digest];
    const entries: Entry[] = [];
    for (const body of bodies) {
      const entry = parsed(this.options.schema, body);
      if (!entry) throw this.distrusted('an entry cannot be read');
      entries.push(entry);
      digests.push(digestAfter(digests.at(-1)!, body));
    }
    if (bodies.length < head.entries) {
      const how = damaged > 0 ? 'it has changed on disk, or was cut' : 'an earlier copy of it, or cut';
      throw this.distrusted(`it has ${bodies.length} of ${head.entries} entries: ${how}`);
    }
    if (digests[head.entries] !== head.digest)
      throw this.distrusted(`it is another ledger than that of ${headFile}`);
    this.kept.push(...entries);
    this.head = { entries: bodies.length, digest: digests.at(-1)! };
    const records = bodies.map((body) => frameRecord(magic, [body]));
    this.bytes = records.reduce((sum, parts) => sum + lengthOf(parts), 0);
    // All that counts is there. The rest is of entries that a full disk has torn, which nobody has used.
    if (damaged > 0) await writeAtomically(path, records.flat());
    else if (torn > 0) await cut(path, this.bytes);
    if (bodies.length > head.entries) await this.writeHead(folder);
  }

  /**
   * Writes an entry. It may be used when this resolves. If this fails, the entry counts or does not count, but what is
   * counted is what is on disk.
   * @throws FtteError `storage`
   */
  async add(entry: Entry): Promise<void> {
    const { folder, file, magic } = this.options;
    if (folder === undefined) {
      this.kept.push(entry);
      return;
    }
    const path = join(folder, file);
    const body = Buffer.from(JSON.stringify(entry));
    const parts = frameRecord(magic, [body]);
    // The head comes first, so that a ledger without one is no new ledger.
    if (this.head.entries === 0) await this.writeHead(folder);
    if (this.isTorn) await cut(path, this.bytes);
    this.isTorn = true;
    await append(path, parts);
    this.isTorn = false;
    this.bytes += lengthOf(parts);
    this.head = { entries: this.head.entries + 1, digest: digestAfter(this.head.digest, body) };
    this.kept.push(entry);
    await this.writeHead(folder);
  }

  private async writeHead(folder: string): Promise<void> {
    await writeAtomically(join(folder, this.options.headFile), `${JSON.stringify(this.head)}\n`);
  }

  private distrusted(what: string): FtteError {
    const { folder = '', file, consequence } = this.options;
    const path = join(folder, file);
    const text = `${path}: ${what}, so it is not known how much of the privacy budget is spent, and ${consequence}`;
    return new FtteError('privacy-ledger', text, { path });
  }
}

const lengthOf = (parts: readonly Uint8Array[]) => parts.reduce((sum, part) => sum + part.length, 0);

const digestAfter = (before: string, body: Uint8Array) =>
  createHash('sha256').update(before).update(body).digest('hex');

/** The value of a JSON text. Undefined if it is none, or of another form. */
function parsed<T>(schema: z.ZodType<T>, bytes: Buffer): T | undefined {
  try {
    return checkSchema(schema, JSON.parse(bytes.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

async function cut(path: string, length: number): Promise<void> {
  try {
    const file = await open(path, 'r+');
    await file
      .truncate(length)
      .then(() => file.sync())
      .finally(() => file.close());
  } catch (error) {
    // Nothing was written yet.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && length === 0) return;
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

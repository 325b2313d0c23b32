import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { AppendFile, checkSchema, FtteError, readIfThere, writeAtomically } from '../../platform';

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
  private readonly file: AppendFile | undefined;

  constructor(private readonly options: AppendLedgerOptions<Entry>) {
    const { folder, file, magic } = options;
    this.file = folder === undefined ? undefined : new AppendFile(join(folder, file), magic);
  }

  get entries(): readonly Entry[] {
    return this.kept;
  }

  /**
   * Reads the ledger of earlier runs.
   * @throws FtteError `storage` if a file cannot be read; `privacy-ledger` if what it says cannot be trusted
   */
  async open(): Promise<void> {
    const { file } = this;
    const { folder, headFile } = this.options;
    if (folder === undefined || !file) return;
    const { bodies, torn, damaged, repaired } = await file.read();
    const headBytes = await readIfThere(join(folder, headFile));
    const head = headBytes === undefined ? undefined : parsed(headSchema, headBytes);
    if (headBytes !== undefined && !head) throw this.distrusted(`${headFile} beside it is damaged`);
    if (!head) {
      if (bodies.length + torn + damaged > 0) throw this.distrusted(`${headFile} is missing beside it`);
      return;
    }
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
    // All that counts is there. The rest is of entries that a full disk has torn, which nobody has used.
    if (damaged > 0) await file.begin(bodies);
    else await file.cut();
    if (bodies.length > head.entries) await this.writeHead(folder);
  }

  /**
   * Writes an entry. It may be used when this resolves. If this fails, the entry counts or does not count, but what is
   * counted is what is on disk.
   * @throws FtteError `storage`
   */
  async add(entry: Entry): Promise<void> {
    const { file } = this;
    const { folder } = this.options;
    if (folder === undefined || !file) {
      this.kept.push(entry);
      return;
    }
    const body = Buffer.from(JSON.stringify(entry));
    // The head comes first, so that a ledger without one is no new ledger.
    if (this.head.entries === 0) await this.writeHead(folder);
    await file.add(body);
    this.head = { entries: this.head.entries + 1, digest: digestAfter(this.head.digest, body) };
    this.kept.push(entry);
    await this.writeHead(folder);
  }

  private async writeHead(folder: string): Promise<void> {
    await writeAtomically(join(folder, this.options.headFile), `${JSON.stringify(this.head)}\n`);
  }

  private distrusted(what: string): FtteError {
    const { folder = '', file, headFile, consequence } = this.options;
    const path = join(folder, file);
    const text = `${path}: ${what}, so it is not known how much of the privacy budget is spent, and ${consequence}. Put the newest ${file} and ${headFile} back, and start again`;
    return new FtteError('privacy-ledger', text, { path });
  }
}

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

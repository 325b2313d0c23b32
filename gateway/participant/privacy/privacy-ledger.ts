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
import type { SampledSteps } from '../../privacy';

/** Names of the two files in the folder of a gateway. */
export const ledgerFile = 'privacy-ledger.bin';
export const ledgerHeadFile = 'privacy-ledger.json';

const magic = 'FTTEPRL1';

/** Entry of one round: its steps, and what they were for. */
export interface LedgerEntry extends SampledSteps {
  /** Clipping norm. */
  readonly clip: number;
  /** Id of the round. */
  readonly round: string;
  /** Time at which it was written, ms since 1970. */
  readonly time: number;
}

/** The number of entries, and a digest that each entry changes. */
const headSchema = z.object({ entries: z.number().int().min(0), digest: z.string() });
type Head = Readonly<z.infer<typeof headSchema>>;

const emptyHead: Head = { entries: 0, digest: '' };

/**
 * The spent privacy budget of a gateway. An entry is on disk before its round begins, and none is ever removed. A second
 * file says how many entries there are and what they hash to, so that a ledger which is damaged, cut or replaced by an
 * earlier copy of itself is found.
 */
export class PrivacyLedger {
  private readonly kept: LedgerEntry[] = [];
  private head = emptyHead;

  /** @param folder of the gateway; undefined: the ledger lives as long as the process */
  constructor(private readonly folder: string | undefined) {}

  get entries(): readonly LedgerEntry[] {
    return this.kept;
  }

  /**
   * Reads the ledger of earlier runs.
   * @throws FtteError `storage` if a file cannot be read; `privacy-ledger` if what it says cannot be trusted
   */
  async open(): Promise<void> {
    const { folder } = this;
    if (folder === undefined) return;
    const path = join(folder, ledgerFile);
    const [bytes, headBytes] = [await readIfThere(path), await readIfThere(join(folder, ledgerHeadFile))];
    const head = headBytes === undefined ? undefined : headOf(headBytes, path);
    if (!head) {
      if (bytes?.length) throw distrusted(path, `${ledgerHeadFile} is missing beside it`);
      return;
    }
    const { bodies, torn, damaged, repaired } = findRecords(magic, bytes ?? Buffer.alloc(0));
    if (damaged + repaired > 0) throw distrusted(path, 'it has changed on disk');
    const digests = [emptyHead.digest];
    for (const body of bodies) {
      this.kept.push(entryOf(body, path));
      digests.push(digestAfter(digests.at(-1)!, body));
    }
    if (bodies.length < head.entries)
      throw distrusted(
        path,
        `it has ${bodies.length} of ${head.entries} entries: an earlier copy of it, or cut`,
      );
    if (digests[head.entries] !== head.digest) throw distrusted(path, 'it is not the ledger of this gateway');
    this.head = { entries: bodies.length, digest: digests.at(-1)! };
    // An append that was interrupted belongs to a round that has not begun.
    if (torn > 0) await this.cut(path, (bytes?.length ?? 0) - torn);
    if (bodies.length > head.entries) await this.writeHead(folder);
  }

  /** Writes what a round spends. It may begin when this resolves. @throws FtteError `storage` */
  async add(entry: LedgerEntry): Promise<void> {
    const { folder } = this;
    if (folder !== undefined) {
      const body = Buffer.from(JSON.stringify(entry));
      // The head comes first, so that a ledger without one is no new ledger.
      if (this.head.entries === 0) await this.writeHead(folder);
      await append(join(folder, ledgerFile), frameRecord(magic, [body]));
      this.head = { entries: this.head.entries + 1, digest: digestAfter(this.head.digest, body) };
      await this.writeHead(folder);
    }
    this.kept.push(entry);
  }

  private async writeHead(folder: string): Promise<void> {
    await writeAtomically(join(folder, ledgerHeadFile), `${JSON.stringify(this.head)}\n`);
  }

  private async cut(path: string, length: number): Promise<void> {
    try {
      const file = await open(path, 'r+');
      await file
        .truncate(length)
        .then(() => file.sync())
        .finally(() => file.close());
    } catch (error) {
      throw storageError('cannot write', path, error);
    }
  }
}

const digestAfter = (before: string, body: Uint8Array) =>
  createHash('sha256').update(before).update(body).digest('hex');

const distrusted = (path: string, what: string) =>
  new FtteError(
    'privacy-ledger',
    `${path}: ${what}, so it is not known how much of the privacy budget is spent, and no round with differential privacy begins`,
    { path },
  );

const entrySchema = z.object({
  noise: z.number().positive(),
  rate: z.number().min(0).max(1),
  steps: z.number().int().min(0),
  clip: z.number(),
  round: z.string(),
  time: z.number(),
});

function headOf(bytes: Buffer, path: string): Head {
  const head = parsed(headSchema, bytes);
  if (!head) throw distrusted(path, `${ledgerHeadFile} beside it is damaged`);
  return head;
}

function entryOf(body: Buffer, path: string): LedgerEntry {
  const entry = parsed(entrySchema, body);
  if (!entry) throw distrusted(path, 'an entry cannot be read');
  return entry;
}

/** The value of a JSON text. Undefined if it is none, or of another form. */
function parsed<T>(schema: z.ZodType<T>, bytes: Buffer): T | undefined {
  try {
    return checkSchema(schema, JSON.parse(bytes.toString('utf8'))).data;
  } catch {
    return undefined;
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

import { appendFile } from 'node:fs/promises';
import { z } from 'zod';
import {
  checkSchema,
  FtteError,
  findRecords,
  frameRecord,
  readIfThere,
  storageError,
  writeAtomically,
} from '../../platform';

/** The file of a helper, in the folder of a gateway. */
export const helperFile = 'helper.bin';

const magic = 'FTTEHLP1';

const hex = z.string().regex(/^([0-9a-f]{2})*$/);

const schema = z.discriminatedUnion('kind', [
  /** The private X25519 key for seeds, and the committee that it is used in, with its number. First, and once. */
  z.object({ kind: z.literal('key'), sealing: hex, epoch: z.string(), number: z.number().int().min(0) }),
  /** The seeds of a gateway, by their index. */
  z.object({
    kind: z.literal('seeds'),
    gateway: z.string(),
    setup: z.string(),
    identity: hex,
    seeds: z.array(z.tuple([z.number().int(), hex])),
  }),
  /** A list that was signed, and its updates. */
  z.object({ kind: z.literal('list'), digest: z.string(), names: z.array(z.string()) }),
]);

/** One record of a helper. */
export type HelperRecord = z.infer<typeof schema>;

/**
 * The memory of a helper, of which nothing may be lost: its key, the seeds, and the lists that it has signed. All is in one file, so that whoever
 * loses the file loses the key, too, and is no helper of its committee any more.
 */
export class HelperFile {
  /** @param path undefined: nothing is written, and the helper lives as long as the process */
  constructor(private readonly path: string | undefined) {}

  /** The records of earlier runs; none of a file that is damaged. @throws FtteError `storage` */
  async read(): Promise<HelperRecord[]> {
    const bytes = this.path === undefined ? undefined : await readIfThere(this.path);
    if (!bytes) return [];
    const { bodies, damaged, repaired } = findRecords(magic, bytes);
    const records = bodies.map((body) => parsed(body));
    if (damaged > 0 || repaired > 0 || records.includes(undefined)) return [];
    return records.filter((record) => record !== undefined);
  }

  /** Begins with these records alone. @throws FtteError `storage` */
  async begin(records: readonly HelperRecord[]): Promise<void> {
    if (this.path !== undefined) await writeAtomically(this.path, records.flatMap(framed));
  }

  /** Adds a record; it is on disk when this resolves. @throws FtteError `storage` */
  async add(record: HelperRecord): Promise<void> {
    if (this.path === undefined) return;
    try {
      await appendFile(this.path, Buffer.concat(framed(record)), { mode: 0o600, flush: true });
    } catch (error) {
      throw storageError('cannot write', this.path, error);
    }
  }
}

const framed = (record: HelperRecord) => frameRecord(magic, [Buffer.from(JSON.stringify(record))]);

function parsed(body: Buffer): HelperRecord | undefined {
  try {
    return checkSchema(schema, JSON.parse(body.toString('utf8'))).data;
  } catch (error) {
    if (error instanceof FtteError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

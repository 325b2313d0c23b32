import { z } from 'zod';
import { AppendFile, checkSchema, FtteError } from '../../platform';

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
  private readonly file: AppendFile | undefined;

  /**
   * @param path undefined: nothing is written, and the helper lives as long as the process
   * @param onLost receives an error if the file is damaged, so that it counts for nothing
   */
  constructor(
    path: string | undefined,
    private readonly onLost: (error: FtteError) => void,
  ) {
    this.file = path === undefined ? undefined : new AppendFile(path, magic);
  }

  /** The records of earlier runs; none of a file that is damaged, which is emptied. @throws FtteError `storage` */
  async read(): Promise<HelperRecord[]> {
    const { file } = this;
    if (!file) return [];
    const { bodies, torn, damaged, repaired } = await file.read();
    const records = bodies.map((body) => parsed(body)).filter((record) => record !== undefined);
    // The key is never appended, so that a file without one was cut.
    const isWhole = records.length === bodies.length && (records[0]?.kind === 'key' || torn === 0);
    if (damaged + repaired === 0 && isWhole) return records;
    await file.begin([]);
    const { path } = file;
    const text = `${path} is damaged: this gateway opens no masked sums until another committee of helpers is chosen`;
    this.onLost(new FtteError('storage', text, { path }));
    return [];
  }

  /** Begins with these records alone. @throws FtteError `storage`; the file is as before then */
  async begin(records: readonly HelperRecord[]): Promise<void> {
    await this.file?.begin(records.map(bytesOf));
  }

  /** Adds a record; it is on disk when this resolves. @throws FtteError `storage` */
  async add(record: HelperRecord): Promise<void> {
    await this.file?.add(bytesOf(record));
  }
}

const bytesOf = (record: HelperRecord) => Buffer.from(JSON.stringify(record));

function parsed(body: Buffer): HelperRecord | undefined {
  try {
    return checkSchema(schema, JSON.parse(body.toString('utf8'))).data;
  } catch (error) {
    if (error instanceof FtteError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

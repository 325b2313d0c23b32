import { z } from 'zod';
import { AppendLedger, bandNorm } from '../../privacy';

/** Names of the two files of the ledger, in the folder of a coordinator. */
export const versionLedgerFile = 'privacy-ledger.bin';
export const versionLedgerHeadFile = 'privacy-ledger.json';

/** Entry of a version: what it may reveal of each gateway that it was made of. */
export interface VersionEntry {
  readonly lineage: string;
  readonly version: number;
  /** Norm to which each update was clipped. */
  readonly clip: number;
  /** Deviation of the normals over the clipping norm. */
  readonly noise: number;
  /** Most that an update weighs. */
  readonly weight: number;
  /** Number of contributions by which the sum was divided. */
  readonly divisor: number;
  /** Versions over which the noise is correlated. A gateway is in no two of that number in a row. */
  readonly band: number;
  /** The noise has nothing to do with that of versions before. */
  readonly begins: boolean;
  /** Public half of the seed of the noise, hexadecimal. It is used once. */
  readonly nonce: string;
  /** Gateway, id and weight of each update. */
  readonly contributions: readonly (readonly [gateway: string, id: string, weight: number])[];
  /** Time at which it was written, ms since 1970. */
  readonly time: number;
}

const schema: z.ZodType<VersionEntry> = z.object({
  lineage: z.string(),
  version: z.number().int().min(0),
  clip: z.number().positive(),
  noise: z.number().positive(),
  weight: z.number().positive(),
  divisor: z.number().int().min(1),
  band: z.number().int().min(1),
  begins: z.boolean(),
  nonce: z.string().regex(/^[0-9a-f]{64}$/),
  contributions: z.array(z.tuple([z.string(), z.string(), z.number().min(0)])),
  time: z.number(),
});

/** The spent part of the budget of a gateway. */
export interface Spending {
  readonly contributions: number;
  /** Sum of the squares of sensitivity over noise. */
  readonly squares: number;
  /** Place of its last contribution among the entries. */
  readonly last: number;
}

const nothing: Spending = { contributions: 0, squares: 0, last: Number.NEGATIVE_INFINITY };

/** The square of sensitivity over noise of one contribution. k of one gateway in a version cost k² as much. @param noise over the clipping norm */
export function costOf({ noise, band, weight }: Pick<VersionEntry, 'noise' | 'band' | 'weight'>): number {
  return ((weight * bandNorm(band)) / noise) ** 2;
}

/** The privacy that the versions of a coordinator have spent: an entry is on disk before the noise of its version is drawn. */
export class VersionLedger extends AppendLedger<VersionEntry> {
  private readonly byGateway = new Map<string, Spending>();
  private counted = 0;
  private begin = 0;

  /** @param folder of the coordinator; undefined: the ledger lives as long as the process */
  constructor(folder: string | undefined) {
    const consequence = 'no version with differential privacy is made, and no round granted';
    const files = { file: versionLedgerFile, headFile: versionLedgerHeadFile };
    super({ folder, ...files, magic: 'FTTEPRV1', schema, consequence });
  }

  /** Spending of a gateway in all lineages and tasks. */
  spentBy(gateway: string): Spending {
    this.count();
    return this.byGateway.get(gateway) ?? nothing;
  }

  /** Place of the entry with which the present noise begins. */
  get blockStart(): number {
    this.count();
    return this.begin;
  }

  /** Counts the entries that are new. */
  private count(): void {
    for (; this.counted < this.entries.length; this.counted++) {
      const entry = this.entries[this.counted]!;
      const cost = costOf(entry);
      if (entry.begins) this.begin = this.counted;
      const counts = new Map<string, number>();
      for (const [id] of entry.contributions) counts.set(id, (counts.get(id) ?? 0) + 1);
      for (const [id, count] of counts) {
        const { contributions, squares } = this.byGateway.get(id) ?? nothing;
        this.byGateway.set(id, {
          contributions: contributions + count,
          squares: squares + count ** 2 * cost,
          last: this.counted,
        });
      }
    }
  }
}

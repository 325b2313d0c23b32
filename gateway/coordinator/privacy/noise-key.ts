import { createHmac, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { keyBytes, readIfThere, writeAtomically } from '../../platform';

/** Name of the file of the secret half of all seeds, in the folder of a coordinator. */
export const noiseKeyFile = 'privacy-noise.key';

/**
 * The secret half of the seeds of the noise. The ledger has the public half of each, so that a version which was interrupted
 * gets the same noise, and the ledger can be shown to anybody. With it a coordinator knows its own heads again, too.
 */
export class NoiseKey {
  private key: Buffer | undefined;

  /**
   * @param folder undefined: the key lives as long as the process
   * @param makeKey makes the key and the public halves of seeds. Default: 32 bytes of the operating system
   */
  constructor(
    private readonly folder: string | undefined,
    private readonly makeKey: () => Uint8Array = () => randomBytes(keyBytes),
  ) {}

  /** Reads the key. @returns whether there was one @throws FtteError `storage` */
  async open(): Promise<boolean> {
    if (this.folder === undefined) return false;
    const bytes = await readIfThere(join(this.folder, noiseKeyFile));
    if (bytes?.length === keyBytes) this.key = bytes;
    return this.key !== undefined;
  }

  /** Makes a key if there is none; it is on disk when this resolves. @throws FtteError `storage` */
  async ensure(): Promise<void> {
    if (this.key) return;
    const key = Buffer.from(this.makeKey());
    if (this.folder !== undefined) await writeAtomically(join(this.folder, noiseKeyFile), key);
    this.key = key;
  }

  /** The public half of a new seed, hexadecimal. */
  nonce(): string {
    return Buffer.from(this.makeKey()).toString('hex');
  }

  /** The seed that belongs to a nonce. */
  seed(nonce: string): Uint8Array {
    return createHmac('sha256', this.key!) // `ensure` comes first
      .update(nonce, 'hex')
      .digest();
  }

  /** The number by which a checkpoint names the key, such that a float32 holds it; undefined without a key. */
  get number(): number | undefined {
    return this.derived('key')?.readUIntBE(0, 3);
  }

  /** The proof that a head is of whoever has the key, 16 hex digits; undefined without a key. */
  proof(lineage: string, version: number): string | undefined {
    return this.derived(`head ${lineage} ${version}`)?.toString('hex', 0, 8);
  }

  private derived(text: string): Buffer | undefined {
    return this.key && createHmac('sha256', this.key).update(text).digest();
  }
}

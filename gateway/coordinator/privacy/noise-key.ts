import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { keyBytes, readIfThere, writeAtomically } from '../../platform';

/** Name of the file of the secret half of all seeds, in the folder of a coordinator. */
export const noiseKeyFile = 'privacy-noise.key';

/**
 * The secret half of the seeds of the noise. The ledger has the public half of each, so that a version which was interrupted
 * gets the same noise, and the ledger can be shown to anybody.
 */
export class NoiseKey {
  private key: Buffer | undefined;

  /** @param folder undefined: the key lives as long as the process */
  constructor(
    private readonly folder: string | undefined,
    private readonly makeKey: () => Uint8Array,
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

  /** The seed that belongs to a nonce. */
  seed(nonce: string): Uint8Array {
    return createHmac('sha256', this.key!) // `ensure` comes first
      .update(nonce, 'hex')
      .digest();
  }
}

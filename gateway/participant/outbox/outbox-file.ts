import { readFile } from 'node:fs/promises';
import { FtteError, type SealedForm, sealed, unsealed } from '../../platform';

const form: SealedForm = { magic: 'FTTEOUT1', digest: 'front' };

/** The file of one update: a sealed file with its encoded message (docs/protocol.md). */
export function outboxFile(message: Uint8Array): Promise<Uint8Array> {
  return sealed(form, [message]);
}

/**
 * The message in a file, as it was written.
 * @throws FtteError `storage` (damaged), or the error of the system if the file cannot be read
 */
export async function readOutboxFile(path: string): Promise<Uint8Array> {
  const damaged = (what: string) => new FtteError('storage', `${path} is damaged (${what})`, { path });
  return unsealed(form, await readFile(path), damaged);
}

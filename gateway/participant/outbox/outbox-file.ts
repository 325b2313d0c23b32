import { readFile } from 'node:fs/promises';
import { FtteError, type SealedForm, sealed, unsealed } from '../../platform';

const form: SealedForm = { magic: 'FTTEOUT1', digest: 'front' };

/** One update on disk: a sealed file of the message as it travels (docs/protocol.md). */
export function outboxFile(message: Uint8Array): Promise<Uint8Array> {
  return sealed(form, [message]);
}

/**
 * The message of a file, as it was put there.
 * @throws FtteError `storage` (damaged), or the system's error if the file cannot be read
 */
export async function readOutboxFile(path: string): Promise<Uint8Array> {
  const damaged = (what: string) => new FtteError('storage', `${path} is damaged (${what})`, { path });
  return unsealed(form, await readFile(path), damaged);
}

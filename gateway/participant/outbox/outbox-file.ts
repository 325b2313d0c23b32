import { readFile } from 'node:fs/promises';
import {
  FtteError,
  otherKeyText,
  type SealedForm,
  type StorageCipher,
  sealed,
  unsealed,
} from '../../platform';

const form: SealedForm = { magic: 'FTTEOUT1', digest: 'front' };
/** The same with an encrypted message. */
const encryptedForm: SealedForm = { magic: 'FTTEOUT2', digest: 'front' };

/** The file of one update: a sealed file with its encoded message (docs/protocol.md), encrypted if there is a cipher. */
export function outboxFile(message: Uint8Array, cipher?: StorageCipher): Promise<Uint8Array> {
  return cipher ? sealed(encryptedForm, cipher.seal([message])) : sealed(form, [message]);
}

/** The content of a file of an update. */
export interface FoundUpdate {
  readonly message: Uint8Array;
  /** Whether the file is as it would be written now: encrypted if there is a cipher. */
  readonly isCurrent: boolean;
}

/**
 * The message in a file, as it was written.
 * @throws FtteError `storage` (damaged; `otherKey` in its details if only the key is wrong), or the error of the system if
 * the file cannot be read
 */
export async function readOutboxFile(path: string, cipher?: StorageCipher): Promise<FoundUpdate> {
  const damaged = (what: string) => new FtteError('storage', `${path} is damaged (${what})`, { path });
  const bytes = await readFile(path);
  const isEncrypted = bytes.toString('latin1', 0, encryptedForm.magic.length) === encryptedForm.magic;
  const content = await unsealed(isEncrypted ? encryptedForm : form, bytes, damaged);
  if (!isEncrypted) return { message: content, isCurrent: cipher === undefined };
  const message = cipher?.open(content) ?? 'other-key';
  if (message === 'changed') throw damaged('its encrypted content has changed');
  if (message !== 'other-key') return { message, isCurrent: true };
  throw new FtteError('storage', `${path}: ${otherKeyText(cipher !== undefined)}`, { path, otherKey: true });
}

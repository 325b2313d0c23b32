import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { FtteError } from '../../platform';

const magic = Buffer.from('FTTEOUT1', 'latin1');
const digestBytes = 32;

/** One update on disk: the magic, the SHA-256 of the rest, and the message as it travels (docs/protocol.md). */
export function outboxFile(message: Uint8Array): Uint8Array {
  return Buffer.concat([magic, digest(message), message]);
}

/**
 * The message of a file, as it was put there.
 * @throws FtteError `storage` (damaged), or the system's error if the file cannot be read
 */
export async function readOutboxFile(path: string): Promise<Uint8Array> {
  const bytes = await readFile(path);
  const damaged = (what: string) => new FtteError('storage', `${path} is damaged (${what})`, { path });
  if (!bytes.subarray(0, magic.length).equals(magic)) throw damaged('not an update of the outbox');
  const message = bytes.subarray(magic.length + digestBytes);
  if (!digest(message).equals(bytes.subarray(magic.length, magic.length + digestBytes))) {
    throw damaged('checksum differs');
  }
  return message;
}

function digest(message: Uint8Array): Buffer {
  return createHash('sha256').update(message).digest();
}

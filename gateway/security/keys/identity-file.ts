import { chmod, stat } from 'node:fs/promises';
import {
  FtteError,
  readIfThere,
  type SealedForm,
  sealed,
  storageError,
  unsealed,
  writeAtomically,
} from '../../platform';
import { encodeDeterministic } from '../cbor/encode';
import { Fields } from '../cbor/fields';
import { type RefusalReason, SecurityError } from '../rules/security-error';
import { type Entropy, equalBytes, systemEntropy } from '../text/bytes';
import { Identity, seedBytes } from './identity';
import { publicKeyBytes } from './public-key';

const form: SealedForm = { magic: 'FTTEKEY1', digest: 'end' };

/** Options of `openIdentity`. */
export interface IdentityFileOptions {
  readonly path: string;
  /** The key belongs to this role; it says in errors what has to be done. */
  readonly role: 'gateway' | 'coordinator';
  /** Something on this machine or elsewhere relies on an earlier key: without a file, none is made. */
  readonly mustExist?: boolean;
  readonly entropy?: Entropy;
}

/** An identity from its file. */
export interface OpenedIdentity {
  readonly identity: Identity;
  /** The key is new, because there was no file. */
  readonly made: boolean;
  /** Other users of the machine could read the file until now. */
  readonly wasExposed: boolean;
}

/** Advice that ends the errors of each role. */
const advice = {
  gateway:
    'Put the file back from a backup of the user directory, or remove it and join again with a new invitation; ' +
    'the coordinator then has to revoke the earlier key',
  coordinator:
    'Put the file back from a backup of the user directory; with another key, all gateways have to join again',
} as const;

/**
 * Reads the identity of this machine, or makes one if there is no file and nothing relies on an earlier key (P-7, P-10).
 * The caller holds the lock of the folder. The file is for its owner alone; permissions that are wider are corrected.
 * @throws SecurityError `key-lost`, `key-unreadable` or `key-damaged`, each with what to do; FtteError `storage` if the
 * new file cannot be written
 */
export async function openIdentity(options: IdentityFileOptions): Promise<OpenedIdentity> {
  const { path, role, mustExist = false, entropy = systemEntropy } = options;
  const bytes = await read(path, role);
  if (bytes) {
    const identity = await decode(bytes, path, role);
    return { identity, made: false, wasExposed: await closeToOthers(path) };
  }
  if (mustExist)
    throw keyError(
      'key-lost',
      `the key file ${path} is gone, and this ${role} is known by its key`,
      path,
      role,
    );
  const identity = Identity.create(entropy);
  await saveIdentity(path, identity);
  return { identity, made: true, wasExposed: false };
}

/** Writes the file of an identity, for example of one that was imported. @throws FtteError `storage` */
export async function saveIdentity(path: string, identity: Identity): Promise<void> {
  const content = new Map<number, Uint8Array>([
    [1, identity.exposeSeed()],
    [2, identity.publicKey.bytes],
  ]);
  await writeAtomically(path, await sealed(form, [encodeDeterministic(content)]));
}

async function read(path: string, role: IdentityFileOptions['role']): Promise<Buffer | undefined> {
  try {
    return await readIfThere(path);
  } catch (error) {
    const reason = error instanceof FtteError ? error.details['reason'] : undefined;
    const why = typeof reason === 'string' ? ` (${reason})` : '';
    throw new SecurityError(
      'key-unreadable',
      `the key file ${path} cannot be read${why}. Give the user that runs this program the right to read it`,
      { path, role, ...(typeof reason === 'string' && { system: reason }) },
    );
  }
}

async function decode(bytes: Buffer, path: string, role: IdentityFileOptions['role']): Promise<Identity> {
  const damaged = (what: string) =>
    keyError('key-damaged', `the key file ${path} is damaged: ${what}`, path, role);
  const content = await unsealed(form, bytes, damaged);
  try {
    const fields = Fields.decode(content, 'the key file', 'key-damaged');
    const seed = fields.bytes(1, 'seed', { max: seedBytes });
    const publicKey = fields.bytes(2, 'publicKey', { max: publicKeyBytes });
    const identity = new Identity(seed);
    if (equalBytes(identity.publicKey.bytes, publicKey)) return identity;
  } catch (error) {
    if (!(error instanceof SecurityError)) throw error;
    throw damaged(error.message);
  }
  throw damaged('its two halves do not belong together');
}

/** Takes the rights of group and others from a file. @returns whether they had any */
async function closeToOthers(path: string): Promise<boolean> {
  // Windows has no such rights in the mode.
  if (process.platform === 'win32') return false;
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) === 0) return false;
    await chmod(path, 0o600);
    return true;
  } catch (error) {
    throw storageError('cannot protect', path, error);
  }
}

function keyError(reason: RefusalReason, what: string, path: string, role: IdentityFileOptions['role']) {
  return new SecurityError(reason, `${what}. ${advice[role]}`, { path, role });
}

import { createCipheriv, createDecipheriv, scrypt } from 'node:crypto';
import { crc32, isName } from '../../platform';
import { decodeDeterministic } from '../cbor/decode';
import { encodeDeterministic } from '../cbor/encode';
import { Fields } from '../cbor/fields';
import { SecurityError } from '../rules/security-error';
import { type Entropy, equalBytes, systemEntropy } from '../text/bytes';
import { Identity, seedBytes } from './identity';
import { PublicKey, publicKeyBytes } from './public-key';

const firstLine = '-----BEGIN FTTE COORDINATOR KEY-----';
const lastLine = '-----END FTTE COORDINATOR KEY-----';
const lineLength = 64;
/** More than a text of this form has, so that a large file is not searched. */
const mostCharacters = 16_384;
const formVersion = 1;
const saltBytes = 16;
const nonceBytes = 12;
const tagBytes = 16;

/** Fewest characters of a passphrase. */
export const leastPassphrase = 12;

/** The cost of scrypt (RFC 7914) for a new text: 32 MiB of memory, as OWASP recommends with p = 3. */
const cost = { logN: 15, r: 8, p: 3 };
/** The largest cost that an import accepts: 128 MiB. */
const mostCost = { logN: 17, r: 8, p: 4 };

/** The key of a coordinator from a text. */
export interface ImportedKey {
  readonly identity: Identity;
  readonly federation: string;
}

/**
 * The coordinator's key as a block of text, encrypted under a passphrase (P-11): scrypt, then AES-256-GCM. It takes some
 * tenths of a second in a thread of the system's pool.
 * @throws SecurityError `passphrase-short`
 */
export async function exportKey(
  identity: Identity,
  federation: string,
  passphrase: string,
  entropy: Entropy = systemEntropy,
): Promise<string> {
  const secret = normalised(passphrase);
  if ([...secret].length < leastPassphrase)
    throw new SecurityError(
      'passphrase-short',
      `the passphrase has ${[...secret].length} characters, expected at least ${leastPassphrase}`,
    );
  const salt = entropy(saltBytes);
  const nonce = entropy(nonceBytes);
  const header = encodeDeterministic(
    new Map<number, number | string | Uint8Array>([
      [1, formVersion],
      [2, federation],
      [3, identity.publicKey.bytes],
      [4, salt],
      [5, cost.logN],
      [6, cost.r],
      [7, cost.p],
      [8, nonce],
    ]),
  );
  const cipher = createCipheriv('aes-256-gcm', await keyOf(secret, salt, cost), nonce);
  cipher.setAAD(header);
  const ciphertext = Buffer.concat([
    cipher.update(identity.exposeSeed()),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
  return block(encodeDeterministic([header, ciphertext]));
}

/**
 * The key in a text of `exportKey`. Text before and after the block does not matter.
 * @throws SecurityError `key-text-damaged`, `key-text-version` or `passphrase`
 */
export async function importKey(text: string, passphrase: string): Promise<ImportedKey> {
  const { header, ciphertext } = parse(text);
  const { federation, publicKey, salt, nonce, ...found } = header.fields;
  const key = await keyOf(normalised(passphrase), salt, found);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
  decipher.setAAD(header.bytes);
  decipher.setAuthTag(ciphertext.subarray(seedBytes));
  let seed: Buffer;
  try {
    seed = Buffer.concat([decipher.update(ciphertext.subarray(0, seedBytes)), decipher.final()]);
  } catch {
    throw new SecurityError(
      'passphrase',
      'the passphrase does not open this key. The text itself is whole: use the passphrase of the export',
    );
  }
  const identity = new Identity(seed);
  if (!equalBytes(identity.publicKey.bytes, publicKey))
    throw damaged('its two halves do not belong together');
  return { identity, federation };
}

/** Federation and fingerprint of the key in a text, which need no passphrase. @throws as `importKey` */
export function describeKeyText(text: string): { federation: string; fingerprint: string } {
  const { federation, publicKey } = parse(text).header.fields;
  return { federation, fingerprint: PublicKey.of(publicKey).fingerprint };
}

/** The text with its checksum, in lines. */
function block(content: Uint8Array): string {
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(content));
  const lines = Buffer.concat([content, check])
    .toString('base64')
    .match(new RegExp(`.{1,${lineLength}}`, 'g'));
  return [firstLine, ...(lines ?? []), lastLine, ''].join('\n');
}

function parse(text: string) {
  const from = text.slice(0, mostCharacters).indexOf(firstLine);
  if (from < 0) throw damaged(`expected a line ${firstLine}`);
  const body = text.slice(from + firstLine.length, from + mostCharacters);
  const to = body.indexOf(lastLine);
  if (to < 0) throw damaged(`it is cut off: expected a line ${lastLine}`);
  const base64 = body.slice(0, to).replace(/[\s>]/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) throw damaged('it holds characters that are not base64');
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length < 8 || bytes.readUInt32BE(bytes.length - 4) !== crc32(bytes.subarray(0, -4)))
    throw damaged('its checksum differs');
  return contentOf(bytes.subarray(0, -4));
}

function contentOf(bytes: Uint8Array) {
  try {
    const [header, ciphertext] = decodeDeterministic(bytes) as unknown[];
    if (!(header instanceof Uint8Array) || !(ciphertext instanceof Uint8Array))
      throw damaged('parts are missing');
    if (ciphertext.length !== seedBytes + tagBytes) throw damaged('the encrypted part has another length');
    return { header: { bytes: header, fields: headerOf(header) }, ciphertext };
  } catch (error) {
    if (error instanceof SecurityError && error.reason !== 'not-deterministic') throw error;
    throw damaged('its content has another form');
  }
}

function headerOf(bytes: Uint8Array) {
  const fields = Fields.decode(bytes, 'the exported key', 'key-text-damaged');
  const version = fields.count(1, 'version');
  if (version !== formVersion)
    throw new SecurityError(
      'key-text-version',
      `the exported key has form ${version}, this software reads form ${formVersion}: update it`,
    );
  const publicKey = fields.bytes(3, 'publicKey', { max: publicKeyBytes });
  const found = {
    federation: fields.checked(2, 'federation', isName, 'a name'),
    publicKey,
    salt: fields.bytes(4, 'salt', { max: saltBytes }),
    logN: fields.count(5, 'logN', mostCost.logN),
    r: fields.count(6, 'r', mostCost.r),
    p: fields.count(7, 'p', mostCost.p),
    nonce: fields.bytes(8, 'nonce', { max: nonceBytes }),
  };
  if (found.logN < 10 || found.r < 1 || found.p < 1) throw damaged('the cost of its passphrase is too low');
  return found;
}

/** The same passphrase on every keyboard (Unicode NFKC). */
const normalised = (passphrase: string) => passphrase.normalize('NFKC');

function keyOf(passphrase: string, salt: Uint8Array, { logN, r, p }: typeof cost): Promise<Buffer> {
  const N = 2 ** logN;
  return new Promise((resolve, reject) => {
    scrypt(passphrase, salt, 32, { N, r, p, maxmem: 256 * N * r }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}

function damaged(what: string): SecurityError {
  return new SecurityError(
    'key-text-damaged',
    `the text is not a whole exported key: ${what}. Copy it again from the export, from the first line to the last`,
  );
}

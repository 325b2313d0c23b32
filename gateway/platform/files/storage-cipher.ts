import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { FtteError } from '../errors/errors';

const idBytes = 8;
const saltBytes = 16;
const nonceBytes = 12;
const tagBytes = 16;
const headBytes = idBytes + saltBytes + nonceBytes;
/** Bytes that sealing adds: number of the key, salt of the file, nonce, tag. */
export const sealOverheadBytes = headBytes + tagBytes;

/** Fewest characters or bytes of a key: HKDF makes no strong key of a short password. */
const leastStorageKey = 16;
/** Keys of files that are remembered: the sealed parts of one file have one salt. */
const mostKeys = 16;

/** Failure to open what was sealed: another key, or bytes that have changed. */
export type UnopenedReason = 'other-key' | 'changed';

/**
 * Encrypts what lies on disk (AES-256-GCM). Each file has a key of its own, which HKDF-SHA-256 makes of the operator's
 * key, a random salt and the kind of the file. A sealed part is: number of the key (8 bytes of HKDF, which reveal nothing of
 * it), salt (16 bytes), nonce (12 bytes, random), ciphertext, tag (16 bytes). So each part can be opened alone, and a wrong
 * key is distinguished from damage.
 */
export class StorageCipher {
  private readonly id: Buffer;
  private readonly salt = randomBytes(saltBytes);
  private readonly keys = new Map<string, Buffer>();

  /**
   * @param key of the operator; a text is taken as it is: use a random one
   * @param kind of the files, such as `samples`: a part of one kind cannot be taken for one of another
   * @throws FtteError `config-invalid` if the key is too short
   */
  constructor(
    private readonly key: string | Uint8Array,
    private readonly kind: string,
  ) {
    if (key.length < leastStorageKey)
      throw new FtteError(
        'config-invalid',
        `storageKey: expected at least ${leastStorageKey} characters or bytes, got ${key.length}`,
        { field: 'storageKey' },
      );
    this.id = this.derive(Buffer.alloc(0), 'number', idBytes);
  }

  /** One sealed part. */
  seal(content: readonly Uint8Array[]): Buffer[] {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', this.keyOf(this.salt), nonce);
    const parts = content.map((part) => cipher.update(part));
    parts.push(cipher.final());
    return [this.id, this.salt, nonce, ...parts, cipher.getAuthTag()];
  }

  /** The content of a sealed part, or why it cannot be opened. */
  open(sealed: Uint8Array): Buffer | UnopenedReason {
    if (sealed.length < sealOverheadBytes) return 'changed';
    if (!this.id.equals(sealed.subarray(0, idBytes))) return 'other-key';
    const salt = sealed.subarray(idBytes, idBytes + saltBytes);
    const decipher = createDecipheriv(
      'aes-256-gcm',
      this.keyOf(salt),
      sealed.subarray(idBytes + saltBytes, headBytes),
    );
    decipher.setAuthTag(sealed.subarray(-tagBytes));
    try {
      return Buffer.concat([decipher.update(sealed.subarray(headBytes, -tagBytes)), decipher.final()]);
    } catch {
      return 'changed';
    }
  }

  private keyOf(salt: Uint8Array): Buffer {
    const name = Buffer.from(salt).toString('latin1');
    const known = this.keys.get(name);
    if (known) return known;
    const key = this.derive(salt, 'key', 32);
    const [oldest] = this.keys.keys();
    if (this.keys.size >= mostKeys && oldest !== undefined) this.keys.delete(oldest);
    this.keys.set(name, key);
    return key;
  }

  private derive(salt: Uint8Array, what: string, length: number): Buffer {
    return Buffer.from(hkdfSync('sha256', this.key, salt, `ftte at rest 1 ${this.kind} ${what}`, length));
  }
}

/** Advice about a file that another key has sealed, or that a missing key has. */
export const otherKeyText = (isKeyGiven: boolean): string =>
  isKeyGiven
    ? 'it is encrypted with another key than the one that is set: its content is not used. If the key was changed, set the earlier one and put the file back'
    : 'it is encrypted, and no key is set: its content is not used. Set the key and put the file back';

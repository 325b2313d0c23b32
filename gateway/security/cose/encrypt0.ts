import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import { encodeDeterministic } from '../cbor/encode';
import { SecurityError } from '../rules/security-error';
import { algorithm, type Headers, protectedHeader, readHeaders, unprotectedHeader } from './headers';
import { checkPayload, putTogether, takeApart } from './structure';

const tagBytes = 16;
/** Bytes of a nonce of AES-GCM. */
export const nonceBytes = 12;

/** A COSE_Encrypt0 that has not been opened. */
export interface SealedEncrypt0 {
  readonly headers: Headers;
  /** The payload. @throws SecurityError `forged` */
  open(key: KeyObject, nonce: Uint8Array, external: Uint8Array): Uint8Array;
}

/**
 * COSE_Encrypt0 (RFC 9052, section 5.2) with A256GCM.
 * @param key 32 bytes @param nonce 12 bytes that were never used with this key
 * @param external the external authenticated data, which does not travel
 */
export function encrypt0(
  key: KeyObject,
  nonce: Uint8Array,
  payload: Uint8Array,
  external: Uint8Array,
  headers: Headers,
): Uint8Array {
  checkPayload(payload);
  const protectedBytes = protectedHeader(algorithm.a256Gcm);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(authenticated(protectedBytes, external));
  const ciphertext = Buffer.concat([cipher.update(payload), cipher.final(), cipher.getAuthTag()]);
  const unprotected = unprotectedHeader(headers);
  return putTogether('encrypt0', { protectedBytes, unprotected, strings: [ciphertext] });
}

/** Reads a COSE_Encrypt0. @throws SecurityError */
export function readEncrypt0(bytes: Uint8Array): SealedEncrypt0 {
  const { protectedBytes, unprotected, strings } = takeApart(bytes, 'encrypt0', 1);
  const headers = readHeaders(protectedBytes, unprotected, algorithm.a256Gcm);
  const [ciphertext] = strings as [Uint8Array];
  if (ciphertext.length < tagBytes)
    throw new SecurityError(
      'not-cose',
      `${ciphertext.length} bytes of ciphertext, expected at least ${tagBytes}`,
    );
  return {
    headers,
    open(key, nonce, external) {
      const end = ciphertext.length - tagBytes;
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
      decipher.setAAD(authenticated(protectedBytes, external));
      decipher.setAuthTag(ciphertext.subarray(end));
      const payload = decipher.update(ciphertext.subarray(0, end));
      try {
        decipher.final();
      } catch {
        throw new SecurityError('forged', 'the message does not open under this key on this topic');
      }
      return new Uint8Array(payload);
    },
  };
}

/** The Enc_structure (RFC 9052, section 5.3). */
function authenticated(protectedBytes: Uint8Array, external: Uint8Array): Uint8Array {
  return encodeDeterministic(['Encrypt0', protectedBytes, external]);
}

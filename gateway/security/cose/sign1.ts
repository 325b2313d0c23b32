import { encodeDeterministic } from '../cbor/encode';
import type { PublicKey } from '../keys/public-key';
import { SecurityError } from '../rules/security-error';
import { algorithm, type Headers, protectedHeader, readHeaders, unprotectedHeader } from './headers';
import { checkPayload, putTogether, takeApart } from './structure';

/** Something that signs with Ed25519, such as an `Identity`. */
export interface Signer {
  sign(bytes: Uint8Array): Uint8Array;
}

/** A COSE_Sign1 whose signature has not been verified. Its payload is a claim of somebody. */
export interface UnverifiedSign1 {
  readonly headers: Headers;
  /** A view of the bytes that came. */
  readonly payload: Uint8Array;
  /** @throws SecurityError `forged` */
  verify(key: PublicKey, external: Uint8Array): void;
}

/**
 * COSE_Sign1 (RFC 9052, section 4.2) with EdDSA.
 * @param external the external authenticated data, which does not travel
 */
export function sign1(
  signer: Signer,
  payload: Uint8Array,
  external: Uint8Array,
  headers: Headers = {},
): Uint8Array {
  checkPayload(payload);
  const protectedBytes = protectedHeader(algorithm.edDsa, headers.contentType);
  const signature = signer.sign(toBeSigned(protectedBytes, external, payload));
  const unprotected = unprotectedHeader(headers);
  return putTogether('sign1', { protectedBytes, unprotected, strings: [payload, signature] });
}

/** Reads a COSE_Sign1. @throws SecurityError */
export function readSign1(bytes: Uint8Array): UnverifiedSign1 {
  const { protectedBytes, unprotected, strings } = takeApart(bytes, 'sign1', 2);
  const headers = readHeaders(protectedBytes, unprotected, algorithm.edDsa);
  const [payload, signature] = strings as [Uint8Array, Uint8Array];
  return {
    headers,
    payload,
    verify(key, external) {
      if (!key.verify(toBeSigned(protectedBytes, external, payload), signature))
        throw new SecurityError(
          'forged',
          `the signature is not that of the key ${key.fingerprint} for this message on this topic`,
        );
    },
  };
}

/** The Sig_structure (RFC 9052, section 4.4). */
function toBeSigned(protectedBytes: Uint8Array, external: Uint8Array, payload: Uint8Array): Uint8Array {
  return encodeDeterministic(['Signature1', protectedBytes, external, payload]);
}

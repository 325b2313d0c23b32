import { createHmac, hkdfSync } from 'node:crypto';
import { encodeDeterministic } from '../cbor/encode';
import { envelopeVersion } from '../cose/structure';
import type { PublicKey } from '../keys/public-key';
import type { InvitationProof } from '../pair/hello';
import { equalBytes } from '../text/bytes';
import type { Invitation } from './invitation';

/** Bytes of a proof key. */
export const proofKeyBytes = 32;

/** The gateway that a proof is for. */
export interface Applicant {
  readonly federation: string;
  readonly gateway: string;
  readonly key: PublicKey;
  readonly coordinator: PublicKey;
}

/**
 * The key of proofs, by HKDF-SHA-256 of the secret. The coordinator keeps it instead of the secret (P-25): it makes proofs
 * for this invitation, and the text of the invitation cannot be made from it.
 */
export function proofKeyOf(secret: Uint8Array): Uint8Array {
  const info = encodeDeterministic(['ftte join', envelopeVersion]);
  return new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(0), info, proofKeyBytes));
}

/** The proof that a gateway has an invitation (P-24). It fits no other gateway, key or federation. */
export function proveInvitation({ id, secret }: Invitation, applicant: Applicant): InvitationProof {
  return { id, proof: proofOf(proofKeyOf(secret), id, applicant) };
}

/** Whether a proof is right, in constant time. */
export function isProof({ id, proof }: InvitationProof, proofKey: Uint8Array, applicant: Applicant): boolean {
  return equalBytes(proof, proofOf(proofKey, id, applicant));
}

function proofOf(proofKey: Uint8Array, id: Uint8Array, { federation, gateway, key, coordinator }: Applicant) {
  const content = [envelopeVersion, federation, id, coordinator.bytes, gateway, key.bytes];
  return new Uint8Array(createHmac('sha256', proofKey).update(encodeDeterministic(content)).digest());
}

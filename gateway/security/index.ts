/**
 * The cryptographic ground of the protocol: signed and sealed messages, keys, pairs, invitations and members. It uses
 * `node:crypto` and published constructions only; `rules` numbers what holds.
 */
export { encrypt0, readEncrypt0, type SealedEncrypt0 } from './cose/encrypt0';
export { readSign1, type Signer, sign1, type UnverifiedSign1 } from './cose/sign1';
export { envelopeVersion, externalData, kindOf, mostOverheadBytes, mostPayloadBytes } from './cose/structure';
export { Identity } from './keys/identity';
export {
  type IdentityFileOptions,
  type OpenedIdentity,
  openIdentity,
  saveIdentity,
} from './keys/identity-file';
export { describeKeyText, exportKey, type ImportedKey, importKey, leastPassphrase } from './keys/key-text';
export { PublicKey, publicKeyBytes } from './keys/public-key';
export { type Rule, rules } from './rules/rules';
export { type RefusalReason, refusalOf, refusals, SecurityError } from './rules/security-error';
export { type Entropy, systemEntropy } from './text/bytes';

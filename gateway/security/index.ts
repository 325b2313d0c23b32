/**
 * The cryptographic ground of the protocol: signed and sealed messages, keys, pairs, invitations and members. It uses
 * `node:crypto` and published constructions only; `rules` numbers what holds.
 */
export { decodeDeterministic } from './cbor/decode';
export { type CborMap, type CborValue, encodeDeterministic } from './cbor/encode';
export { encrypt0, readEncrypt0, type SealedEncrypt0 } from './cose/encrypt0';
export { readSign1, type Signer, sign1, type UnverifiedSign1 } from './cose/sign1';
export { envelopeVersion, externalData, kindOf, mostOverheadBytes, mostPayloadBytes } from './cose/structure';
export { GroupReceiver } from './group/group-receiver';
export { GroupSender, type GroupSenderOptions } from './group/group-sender';
export { decodeWelcome, encodeWelcome, type GroupSecret, type Welcome } from './group/welcome';
export { brokerLogin } from './invitation/broker-login';
export {
  type BrokerCredentials,
  type Invitation,
  type InvitationContent,
  makeInvitation,
  mostAuthority,
  mostCredential,
  mostUrl,
  mostUses,
} from './invitation/invitation';
export { InvitationBook, type InvitationRecord } from './invitation/invitation-book';
export { type InvitationReader, invitationText, readInvitation } from './invitation/invitation-text';
export { type Applicant, isProof, proofKeyOf, proveInvitation } from './invitation/proof';
export { Identity } from './keys/identity';
export {
  type IdentityFileOptions,
  type OpenedIdentity,
  openIdentity,
  saveIdentity,
} from './keys/identity-file';
export { describeKeyText, exportKey, type ImportedKey, importKey, leastPassphrase } from './keys/key-text';
export { PublicKey, publicKeyBytes } from './keys/public-key';
export type { Member } from './members/member-entry';
export { MemberRegistry, type MemberRegistryOptions } from './members/member-registry';
export { MembershipFile } from './members/membership-file';
export type { MemberRecord, MembershipChanges, MembershipStore } from './members/membership-store';
export { type OwnMembership, readOwnMembership, saveOwnMembership } from './members/own-membership';
export { type ClaimMark, ClaimOrder, nextRun, readClaim, type SignedClaim, signClaim } from './pair/claim';
export { CoordinatorPairing, type CoordinatorPairingOptions } from './pair/coordinator-pairing';
export { GatewayPairing, type GatewayPairingOptions } from './pair/gateway-pairing';
export {
  type InvitationProof,
  readHello,
  type SignedHello,
  signHello,
  type VerifiedHello,
} from './pair/hello';
export { makePair, type Pair, type PairNames } from './pair/pair';
export { readPresence, type SignedPresence, signPresence } from './pair/presence';
export {
  type JoinRefusal,
  joinRefusalOf,
  joinRefusals,
  joinRefusalText,
  type Refusal,
  readRefusal,
  signRefusal,
} from './pair/refusal';
export { beginRun } from './pair/run-file';
export { deriveMaterial, mostMessages, Opener, Sealer } from './pair/sealing';
export { EphemeralKey } from './pair/x25519';
export { type Rule, rules } from './rules/rules';
export { type RefusalReason, refusalOf, refusals, SecurityError } from './rules/security-error';
export { type Entropy, equalBytes, hexOf, systemEntropy } from './text/bytes';

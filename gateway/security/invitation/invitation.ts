import { type CborValue, encodeDeterministic } from '../cbor/encode';
import type { PublicKey } from '../keys/public-key';
import { invitationIdBytes } from '../pair/hello';
import { type Entropy, systemEntropy } from '../text/bytes';

/** Bytes of the secret of an invitation. */
export const invitationSecretBytes = 16;
/** Limits of what an invitation holds. */
export const mostUrl = 512;
export const mostCredential = 256;
export const mostUses = 10_000;
/** A certificate with an RSA key of 4096 bits has about 1 500 bytes. */
export const mostAuthority = 2_048;

/** The user and password of a broker that needs them. */
export interface BrokerCredentials {
  readonly user: string;
  readonly password: string;
}

/** Everything that a gateway needs to join (P-23). */
export interface Invitation {
  readonly id: Uint8Array;
  readonly secret: Uint8Array;
  readonly federation: string;
  /** Address of the broker, such as `mqtts://broker.example:8883`. */
  readonly broker: string;
  readonly coordinator: PublicKey;
  /** Milliseconds since the epoch, whole seconds. */
  readonly expiresMs: number;
  /** Gateways that may join with it. */
  readonly uses: number;
  readonly credentials?: BrokerCredentials;
  /** The id that the gateway should have. */
  readonly suggestedId?: string;
  /** The coordinator hosts the broker, where each gateway has the user that `brokerLogin` computes (P-34). */
  readonly ownLogin?: boolean;
  /** The certificate (DER) that the broker's certificate is trusted by, if no public authority has issued it. */
  readonly authority?: Uint8Array;
}

/** An invitation before it has an id and a secret. */
export type InvitationContent = Omit<Invitation, 'id' | 'secret'>;

/** A new invitation. */
export function makeInvitation(content: InvitationContent, entropy: Entropy = systemEntropy): Invitation {
  return {
    ...content,
    expiresMs: Math.floor(content.expiresMs / 1000) * 1000,
    id: entropy(invitationIdBytes),
    secret: entropy(invitationSecretBytes),
  };
}

/** Labels of the content. */
export const invitationLabel = {
  federation: 1,
  broker: 2,
  coordinator: 3,
  id: 4,
  secret: 5,
  expires: 6,
  uses: 7,
  user: 8,
  password: 9,
  suggestedId: 10,
  ownLogin: 11,
  authority: 12,
} as const;

/** The content as bytes. */
export function encodeInvitation(invitation: Invitation): Uint8Array {
  const { federation, broker, coordinator, id, secret, expiresMs, uses } = invitation;
  const { credentials, suggestedId, ownLogin, authority } = invitation;
  const map = new Map<number, CborValue>([
    [invitationLabel.federation, federation],
    [invitationLabel.broker, broker],
    [invitationLabel.coordinator, coordinator.bytes],
    [invitationLabel.id, id],
    [invitationLabel.secret, secret],
    [invitationLabel.expires, expiresMs / 1000],
    [invitationLabel.uses, uses],
  ]);
  if (credentials)
    map.set(invitationLabel.user, credentials.user).set(invitationLabel.password, credentials.password);
  if (suggestedId !== undefined) map.set(invitationLabel.suggestedId, suggestedId);
  if (ownLogin) map.set(invitationLabel.ownLogin, 1);
  if (authority) map.set(invitationLabel.authority, authority);
  return encodeDeterministic(map);
}

/** Whether a text is an address of a broker. */
export function isBrokerUrl(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > mostUrl || !URL.canParse(value)) return false;
  return ['mqtt:', 'mqtts:', 'ws:', 'wss:'].includes(new URL(value).protocol);
}

import { isName } from '../../platform';
import { encodeDeterministic } from '../cbor/encode';
import { Fields } from '../cbor/fields';
import { readSign1, sign1 } from '../cose/sign1';
import { externalData } from '../cose/structure';
import type { Identity } from '../keys/identity';
import type { PublicKey } from '../keys/public-key';
import { type RefusalReason, refusalOf } from '../rules/security-error';

/** Reasons that a gateway learns, by their code in a refusal. */
export const joinRefusals = [
  'not-a-member',
  'invitation-unknown',
  'invitation-proof',
  'invitation-expired',
  'invitation-used',
  'other-key',
  'revoked',
  'second-machine',
] as const satisfies readonly RefusalReason[];

/** A reason for which the coordinator does not let a gateway in. */
export type JoinRefusal = (typeof joinRefusals)[number];

const isJoinRefusal = (value: unknown): value is JoinRefusal =>
  joinRefusals.some((reason) => reason === value);

/** The reason in an error, if it is one that a gateway learns. */
export function joinRefusalOf(error: unknown): JoinRefusal | undefined {
  const reason = refusalOf(error);
  return isJoinRefusal(reason) ? reason : undefined;
}

/** The answer to a hello whose sender is not let in (P-33). */
export interface Refusal {
  readonly federation: string;
  readonly gateway: string;
  /** SHA-256 of the hello: 32 bytes. */
  readonly hello: Uint8Array;
  readonly reason: JoinRefusal;
}

const helloDigestBytes = 32;

/** A refusal as a COSE_Sign1 for its topic. */
export function signRefusal(identity: Identity, topic: string, refusal: Refusal): Uint8Array {
  const payload = new Map<number, string | Uint8Array>([
    [1, refusal.federation],
    [2, refusal.gateway],
    [3, refusal.hello],
    [4, refusal.reason],
  ]);
  return sign1(identity, encodeDeterministic(payload), externalData(topic));
}

/**
 * Reads a refusal that the coordinator has signed. Whether the hello is one of this gateway is another question.
 * @throws SecurityError `refusal` for another form, `forged`
 */
export function readRefusal(bytes: Uint8Array, topic: string, coordinator: PublicKey): Refusal {
  const message = readSign1(bytes);
  message.verify(coordinator, externalData(topic));
  const fields = Fields.decode(message.payload, 'a refusal', 'refusal');
  return {
    federation: fields.checked(1, 'federation', isName, 'a name'),
    gateway: fields.checked(2, 'gateway', isName, 'a name'),
    hello: fields.bytes(3, 'hello', { max: helloDigestBytes }),
    reason: fields.checked(4, 'reason', isJoinRefusal, 'a known reason') as JoinRefusal,
  };
}

/** The text for the person at the gateway, with what to do. */
export const joinRefusalText: Readonly<Record<JoinRefusal, string>> = {
  'not-a-member':
    'the coordinator does not know this gateway, and it has no invitation. Ask for an invitation',
  'invitation-unknown':
    'the coordinator did not make the invitation of this gateway, or has forgotten it. Ask for a new one',
  'invitation-proof':
    'the coordinator cannot verify the invitation of this gateway. Copy its text once more, or ask for a new one',
  'invitation-expired': 'the invitation of this gateway has expired. Ask for a new one',
  'invitation-used':
    'the invitation of this gateway was used before, or withdrawn. Ask for a new one; if nobody on this side has used it, ' +
    'say so to the operator of the coordinator',
  'other-key':
    'the coordinator knows this gateway id with another key. Use another id, or have the operator of the coordinator revoke ' +
    'the earlier gateway and make a new invitation',
  revoked: 'the coordinator has revoked this gateway. Its operator can readmit it, or make a new invitation',
  'second-machine':
    'two machines use the key of this gateway (a copied folder), or a backup was restored. Give the second machine a folder ' +
    'and an invitation of its own',
};

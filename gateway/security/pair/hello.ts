import { createHash } from 'node:crypto';
import { isName } from '../../platform';
import { type CborValue, encodeDeterministic } from '../cbor/encode';
import { Fields } from '../cbor/fields';
import { readSign1, sign1 } from '../cose/sign1';
import { externalData, mostPayloadBytes } from '../cose/structure';
import type { Identity } from '../keys/identity';
import { PublicKey, publicKeyBytes } from '../keys/public-key';
import { SecurityError } from '../rules/security-error';
import { equalBytes, hexOf } from '../text/bytes';
import { x25519Bytes } from './x25519';

/** Bytes of the id and of the proof of an invitation. */
export const invitationIdBytes = 8;
export const proofBytes = 32;

/** The proof of an invitation (P-24). */
export interface InvitationProof {
  /** Id of the invitation. */
  readonly id: Uint8Array;
  readonly proof: Uint8Array;
}

/** The signed part of a hello (P-14). */
export interface SignedHello {
  readonly federation: string;
  readonly gateway: string;
  /** X25519 key of the claim that it answers. */
  readonly claimEphemeral: Uint8Array;
  /** The gateway's own X25519 key, for this claim only. */
  readonly ephemeral: Uint8Array;
  /** Goes up with each start of the gateway, and `number` with each hello of one start (P-15). */
  readonly run: number;
  readonly number: number;
  /** Number of its newest presence of this start (P-31); absent: it numbers none. */
  readonly presence?: number;
  /** In the first hello, and until the gateway is a member. */
  readonly invitation?: InvitationProof;
  /** The message that the hello carries. */
  readonly content: Uint8Array;
}

/** A hello whose signature was verified. */
export interface VerifiedHello extends SignedHello {
  readonly key: PublicKey;
  /** SHA-256 of the message, in hex: the same hello that comes again has the same. */
  readonly digest: string;
}

/** A hello as a COSE_Sign1 for its topic. @param coordinator the key that the gateway has pinned */
export function signHello(
  identity: Identity,
  topic: string,
  hello: SignedHello,
  coordinator: PublicKey,
): Uint8Array {
  const payload = new Map<number, CborValue>([
    [1, hello.federation],
    [2, hello.gateway],
    [3, identity.publicKey.bytes],
    [4, coordinator.bytes],
    [5, hello.claimEphemeral],
    [6, hello.ephemeral],
    [7, hello.run],
    [8, hello.number],
    [9, hello.content],
  ]);
  if (hello.invitation) payload.set(10, hello.invitation.id).set(11, hello.invitation.proof);
  if (hello.presence !== undefined) payload.set(12, hello.presence);
  return sign1(identity, encodeDeterministic(payload), externalData(topic));
}

/** Expectations of a coordinator about hellos. */
export interface HelloExpectation {
  readonly federation: string;
  /** The gateway that the topic belongs to. */
  readonly gateway: string;
  /** The coordinator's own key. */
  readonly coordinator: PublicKey;
  /** X25519 key of the coordinator's claim. */
  readonly claimEphemeral: Uint8Array;
  /** Called before the signature is verified, with the key that the hello names. What it throws refuses the hello. */
  readonly beforeVerifying?: ((key: PublicKey) => void) | undefined;
}

/** Bytes of a hello, at most (P-6). */
const mostHelloBytes = 8 * 1024;

/**
 * Reads a hello and verifies that the holder of the key that it names has signed it. Whether that key is a member's is
 * another question.
 * @throws SecurityError `hello`, `other-claim` if it answers an earlier claim, `oversize`, `forged`
 */
export function readHello(bytes: Uint8Array, topic: string, expected: HelloExpectation): VerifiedHello {
  if (bytes.length > mostHelloBytes)
    throw new SecurityError(
      'oversize',
      `a hello has ${bytes.length} bytes, expected at most ${mostHelloBytes}`,
    );
  const message = readSign1(bytes);
  const fields = Fields.decode(message.payload, 'a hello', 'hello');
  const key = PublicKey.of(fields.bytes(3, 'publicKey', { max: publicKeyBytes }));
  const federation = fields.checked(1, 'federation', isName, 'a name');
  const gateway = fields.checked(2, 'gateway', isName, 'a name');
  if (federation !== expected.federation)
    throw new SecurityError(
      'hello',
      `federation of a hello is ${federation}, expected ${expected.federation}`,
    );
  if (gateway !== expected.gateway)
    throw new SecurityError(
      'hello',
      `gateway of a hello is ${gateway}, expected ${expected.gateway} on this topic`,
    );
  const pinned = fields.bytes(4, 'coordinatorKey', { max: publicKeyBytes });
  if (!equalBytes(pinned, expected.coordinator.bytes))
    throw new SecurityError(
      'hello',
      `${gateway} expects a coordinator with another key than this one, ${expected.coordinator}`,
    );
  const claimEphemeral = fields.bytes(5, 'claimEphemeral', { max: x25519Bytes });
  if (!equalBytes(claimEphemeral, expected.claimEphemeral))
    throw new SecurityError('other-claim', `the hello of ${gateway} answers an earlier claim`);
  expected.beforeVerifying?.(key);
  message.verify(key, externalData(topic));
  return {
    federation,
    gateway,
    key,
    claimEphemeral,
    ephemeral: fields.bytes(6, 'ephemeral', { max: x25519Bytes }),
    run: fields.count(7, 'run'),
    number: fields.count(8, 'number'),
    content: fields.bytes(9, 'content', { min: 0, max: mostPayloadBytes }),
    ...(fields.has(10) && {
      invitation: {
        id: fields.bytes(10, 'invitation', { max: invitationIdBytes }),
        proof: fields.bytes(11, 'proof', { max: proofBytes }),
      },
    }),
    ...(fields.has(12) && { presence: fields.count(12, 'presence') }),
    digest: hexOf(createHash('sha256').update(bytes).digest()),
  };
}

import { isName } from '../../platform';
import { encodeDeterministic } from '../cbor/encode';
import { Fields } from '../cbor/fields';
import { readSign1, sign1 } from '../cose/sign1';
import { externalData, mostPayloadBytes } from '../cose/structure';
import type { Identity } from '../keys/identity';
import { PublicKey, publicKeyBytes } from '../keys/public-key';
import { SecurityError } from '../rules/security-error';
import { equalBytes } from '../text/bytes';
import { x25519Bytes } from './x25519';

/** The signed part of a claim (P-12). */
export interface SignedClaim {
  readonly federation: string;
  /** Goes up with each coordinator that takes over, or is restored from a backup. */
  readonly term: number;
  /** Goes up with each start of a coordinator. */
  readonly run: number;
  /** The X25519 key of this run. */
  readonly ephemeral: Uint8Array;
  /** The message that the claim carries. */
  readonly content: Uint8Array;
}

/** A claim as a COSE_Sign1 for its topic. */
export function signClaim(identity: Identity, topic: string, claim: SignedClaim): Uint8Array {
  const payload = new Map<number, number | string | Uint8Array>([
    [1, claim.federation],
    [2, identity.publicKey.bytes],
    [3, claim.term],
    [4, claim.run],
    [5, claim.ephemeral],
    [6, claim.content],
  ]);
  return sign1(identity, encodeDeterministic(payload), externalData(topic));
}

/** Expectations of a gateway about claims. */
export interface ClaimExpectation {
  readonly federation: string;
  /** The key that the gateway has pinned. */
  readonly coordinator: PublicKey;
}

/**
 * Reads and verifies a claim.
 * @throws SecurityError `other-coordinator` if another key has signed it, `claim` for another federation or form, `forged`
 */
export function readClaim(bytes: Uint8Array, topic: string, expected: ClaimExpectation): SignedClaim {
  const message = readSign1(bytes);
  const fields = Fields.decode(message.payload, 'a claim', 'claim');
  const key = PublicKey.of(fields.bytes(2, 'publicKey', { max: publicKeyBytes }));
  message.verify(key, externalData(topic));
  const { coordinator } = expected;
  if (!key.equals(coordinator))
    throw new SecurityError(
      'other-coordinator',
      `somebody else claims to be the coordinator: the key is ${key}, expected ${coordinator}. If the coordinator ` +
        'has moved to another machine, move its key there with its folder; otherwise look for the sender',
      { fingerprint: key.fingerprint, expected: coordinator.fingerprint },
    );
  const federation = fields.checked(1, 'federation', isName, 'a name');
  if (federation !== expected.federation)
    throw new SecurityError(
      'claim',
      `federation of a claim is ${federation}, expected ${expected.federation}`,
    );
  return {
    federation,
    term: fields.count(3, 'term'),
    run: fields.count(4, 'run'),
    ephemeral: fields.bytes(5, 'ephemeral', { max: x25519Bytes }),
    content: fields.bytes(6, 'content', { min: 0, max: mostPayloadBytes }),
  };
}

/** The newest claim of a coordinator, as far as it has to be kept for the next start. */
export interface ClaimMark {
  readonly term: number;
  readonly run: number;
}

/** Follows the claims that a gateway receives: term and run never go down (P-13). */
export class ClaimOrder {
  private newest: (ClaimMark & { readonly ephemeral?: Uint8Array }) | undefined;

  /** @param mark the newest claim of an earlier run of this gateway */
  constructor(mark?: ClaimMark) {
    this.newest = mark;
  }

  get mark(): ClaimMark | undefined {
    return this.newest && { term: this.newest.term, run: this.newest.run };
  }

  /**
   * Takes a claim that was verified.
   * @returns whether it is of another run than the one before, so that a new pair is needed
   * @throws SecurityError `claim-old`
   */
  accept({ term, run, ephemeral }: SignedClaim): boolean {
    const { newest } = this;
    if (
      newest?.ephemeral &&
      run === newest.run &&
      term > newest.term &&
      equalBytes(newest.ephemeral, ephemeral)
    ) {
      // The same run of the coordinator has taken a higher term.
      this.newest = { ...newest, term };
      return false;
    }
    if (newest) {
      const order = term - newest.term || run - newest.run;
      if (order < 0)
        throw new SecurityError(
          'claim-old',
          `a claim of term ${term}, run ${run} came after one of term ${newest.term}, run ${newest.run}`,
        );
      if (order === 0 && newest.ephemeral) {
        if (equalBytes(newest.ephemeral, ephemeral)) return false;
        throw new SecurityError(
          'claim-old',
          `two claims of term ${term}, run ${run} have different X25519 keys`,
        );
      }
    }
    this.newest = { term, run, ephemeral: Uint8Array.from(ephemeral) };
    return true;
  }
}

/**
 * The number of a run that begins now: higher than the one before, and at least the seconds since 1970, so that it goes up
 * even if the number before is lost.
 */
export function nextRun(before: number | undefined, nowMs: number): number {
  return Math.max((before ?? -1) + 1, Math.floor(nowMs / 1000), 0);
}

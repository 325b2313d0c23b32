import { createHash } from 'node:crypto';
import { FtteError } from '../../platform';
import { EphemeralKey, encodeDeterministic, hexOf, type Identity, PublicKey } from '../../security';
import { type CommitteeSize, fewestEver, quorumOf } from './sizes';

/** The offer of a gateway that can help: the key under which seeds are sealed to it, signed with its identity. */
export interface HelperOffer {
  readonly gateway: string;
  /** Ed25519, 32 bytes. */
  readonly identity: Uint8Array;
  /** X25519, 32 bytes. */
  readonly sealing: Uint8Array;
  readonly signature: Uint8Array;
}

/** Contents of a committee. */
export interface CommitteeContent {
  readonly federation: string;
  /** Goes up, so that the same helpers can begin again with new seeds. */
  readonly number: number;
  /** Fewest gateways of a sum. */
  readonly fewest: number;
  readonly threshold: number;
  readonly helpers: readonly HelperOffer[];
}

const offerBytes = (federation: string, { gateway, sealing }: Pick<HelperOffer, 'gateway' | 'sealing'>) =>
  encodeDeterministic(['ftte helper', 1, federation, gateway, sealing]);

/** The offer of a gateway. @param sealing its public X25519 key for seeds */
export function makeOffer(
  identity: Identity,
  federation: string,
  gateway: string,
  sealing: Uint8Array,
): HelperOffer {
  const signature = identity.sign(offerBytes(federation, { gateway, sealing }));
  return { gateway, identity: identity.publicKey.bytes, sealing, signature };
}

/** Whether the key of an offer is of the gateway that it names. */
export function isOffer(federation: string, offer: HelperOffer): boolean {
  try {
    return PublicKey.of(offer.identity).verify(offerBytes(federation, offer), offer.signature);
  } catch {
    return false;
  }
}

/** Whether something can be sealed under a key: one of small order has the same secret with everybody. */
export function isSealingKey(bytes: Uint8Array): boolean {
  try {
    new EphemeralKey().secretWith(bytes);
    return true;
  } catch {
    return false;
  }
}

/**
 * The helpers of a key epoch, and what they open. Everything that belongs to it names its digest, so nothing of one
 * committee means anything to another.
 */
export class Committee implements CommitteeSize {
  /** The SHA-256 of everything in it: all of it, so that nobody finds two committees of one name. */
  readonly epoch: string;
  private readonly keys: readonly PublicKey[];

  /** @throws FtteError `config-invalid` for a committee that protects nothing */
  constructor(readonly content: CommitteeContent) {
    const { federation, number, fewest, threshold, helpers } = content;
    const wrong = faultOf(content);
    if (wrong) throw new FtteError('config-invalid', `the committee of helpers: ${wrong}`);
    this.keys = helpers.map(({ identity }) => PublicKey.of(identity));
    const members = helpers.map(({ gateway, identity, sealing }) => [gateway, identity, sealing]);
    const bytes = encodeDeterministic(['ftte committee', 1, federation, number, fewest, threshold, members]);
    this.epoch = hexOf(createHash('sha256').update(bytes).digest());
  }

  get helpers(): number {
    return this.content.helpers.length;
  }

  get threshold(): number {
    return this.content.threshold;
  }

  get fewest(): number {
    return this.content.fewest;
  }

  get quorum(): number {
    return quorumOf(this);
  }

  /** The index of a gateway among the helpers; -1: it is none. */
  indexOf(gateway: string): number {
    return this.content.helpers.findIndex((helper) => helper.gateway === gateway);
  }

  /** Whether a helper has signed these bytes. */
  verify(helper: number, bytes: Uint8Array, signature: Uint8Array): boolean {
    return this.keys[helper]?.verify(bytes, signature) ?? false;
  }
}

function faultOf({ federation, fewest, threshold, helpers }: CommitteeContent): string | undefined {
  if (fewest < fewestEver) return `expected sums of at least ${fewestEver} gateways, got ${fewest}`;
  if (threshold < 2) return `expected a threshold of at least 2, got ${threshold}`;
  if (helpers.length > 16) return `expected at most 16 helpers, got ${helpers.length}`;
  if (quorumOf({ helpers: helpers.length, threshold }) > helpers.length)
    return `${helpers.length} helpers are too few for a threshold of ${threshold}`;
  for (const field of ['gateway', 'identity', 'sealing'] as const) {
    const values = helpers.map((helper) => (field === 'gateway' ? helper.gateway : hexOf(helper[field])));
    if (new Set(values).size < values.length) return `two helpers have one ${field}`;
  }
  const forged = helpers.find((helper) => !isOffer(federation, helper));
  if (forged) return `the key of ${forged.gateway} is not signed by it`;
  const weak = helpers.find(({ sealing }) => !isSealingKey(sealing));
  return weak && `the key of ${weak.gateway} seals nothing`;
}

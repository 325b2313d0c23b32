import { envelopeVersion } from '../cose/structure';
import type { PublicKey } from '../keys/public-key';
import { deriveMaterial, Opener, Sealer } from './sealing';
import type { EphemeralKey } from './x25519';

/** Names and public keys of a pair, in which both sides agree because both have signed them. */
export interface PairNames {
  readonly federation: string;
  readonly gateway: string;
  readonly coordinatorKey: PublicKey;
  readonly gatewayKey: PublicKey;
  /** X25519 keys of the claim and of the hello. */
  readonly claimEphemeral: Uint8Array;
  readonly helloEphemeral: Uint8Array;
}

/** Keys between one gateway and the coordinator, for one run of each (P-16). */
export interface Pair {
  readonly sealer: Sealer;
  readonly opener: Opener;
}

const directions = { up: 0, down: 1 } as const;

/**
 * The keys of a pair. Each side makes them once for one hello: a second `Sealer` would use counters again (P-17).
 * @param role the side that seals with this pair
 * @param own the side's own X25519 key, whose public half is among the names
 * @throws SecurityError `zero-secret`
 */
export function makePair(role: 'gateway' | 'coordinator', own: EphemeralKey, names: PairNames): Pair {
  const secret = own.secretWith(role === 'gateway' ? names.claimEphemeral : names.helloEphemeral);
  const materialOf = (direction: keyof typeof directions) =>
    deriveMaterial(secret, [
      'ftte pair',
      envelopeVersion,
      directions[direction],
      names.federation,
      names.gateway,
      names.coordinatorKey.bytes,
      names.gatewayKey.bytes,
      names.claimEphemeral,
      names.helloEphemeral,
    ]);
  const [up, down] = [materialOf('up'), materialOf('down')];
  return role === 'gateway'
    ? { sealer: new Sealer(up), opener: new Opener(down) }
    : { sealer: new Sealer(down), opener: new Opener(up) };
}

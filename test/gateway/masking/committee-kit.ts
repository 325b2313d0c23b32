import { createHash } from 'node:crypto';
import {
  Committee,
  type Deposit,
  depositsOf,
  drawSeeds,
  Helper,
  makeOffer,
  openDeposit,
  type SeedSetup,
} from '../../../gateway/masking';
import { EphemeralKey, Identity } from '../../../gateway/security';
import { seededEntropy } from '../security/support';

/** Uniform numbers for tests. */
export function testUniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A committee with the keys of its helpers. */
export interface TestCommittee {
  readonly committee: Committee;
  readonly identities: readonly Identity[];
  readonly sealing: readonly EphemeralKey[];
}

export function testCommittee(helpers: number, threshold: number, fewest = 3): TestCommittee {
  const entropy = seededEntropy(`committee ${helpers} ${threshold}`);
  const identities = Array.from({ length: helpers }, () => Identity.create(entropy));
  const sealing = identities.map(() => new EphemeralKey(entropy));
  const offers = identities.map((identity, i) =>
    makeOffer(identity, 'clinic', `h${i}`, sealing[i]!.publicBytes),
  );
  const committee = new Committee({ federation: 'clinic', number: 1, fewest, threshold, helpers: offers });
  return { committee, identities, sealing };
}

/** A gateway with its seeds, and what its helpers hold of them. */
export interface TestGateway {
  readonly gateway: string;
  readonly setup: SeedSetup;
  readonly deposits: readonly Deposit[];
  readonly held: readonly ReadonlyMap<number, Uint8Array>[];
}

export function testGateway({ committee, sealing }: TestCommittee, gateway: string): TestGateway {
  const entropy = seededEntropy(gateway);
  const setup = drawSeeds(
    committee,
    createHash('sha256').update(gateway).digest('hex').slice(0, 16),
    entropy,
  );
  const deposits = depositsOf(setup, committee, gateway, Identity.create(entropy), entropy);
  const held = deposits.map((deposit, i) => openDeposit(deposit, committee, i, sealing[i]!) ?? new Map());
  return { gateway, setup, deposits, held };
}

export function testHelper(
  { committee, identities }: TestCommittee,
  index: number,
  reserved = new Map<string, string>(),
): Helper {
  return new Helper({ committee, index, sign: (bytes) => identities[index]!.sign(bytes) }, reserved);
}

/** Id of an update. */
export const updateId = (number: number): string => number.toString(16).padStart(16, '0');

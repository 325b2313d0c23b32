import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import {
  type Entropy,
  EphemeralKey,
  encodeDeterministic,
  type Identity,
  PublicKey,
  systemEntropy,
} from '../../security';
import type { Committee } from '../committee/committee';
import { seedBytes } from './mask-stream';
import { seedsHeldBy, subsetsOf } from './subsets';

/** The seeds of a gateway for one helper, sealed to it and signed by the gateway. */
export interface Deposit {
  readonly epoch: string;
  readonly gateway: string;
  /** Ed25519 key of the gateway. */
  readonly identity: Uint8Array;
  /** Names the seeds, 16 hex digits. */
  readonly setup: string;
  /** Index of the helper. */
  readonly helper: number;
  /** X25519 key that the seeds are sealed with. */
  readonly ephemeral: Uint8Array;
  readonly sealed: Uint8Array;
  readonly signature: Uint8Array;
}

/** The seeds of a gateway: one for each subset of helpers, in their order. */
export interface SeedSetup {
  readonly epoch: string;
  readonly setup: string;
  readonly seeds: readonly Uint8Array[];
}

/** Newest setups of one gateway that a helper keeps: a gateway draws new seeds at each start. */
export const mostSetups = 4;

/** Draws the seeds of a gateway for a committee. @param setup a name that is used once, 16 hex digits */
export function drawSeeds(committee: Committee, setup: string, entropy: Entropy = systemEntropy): SeedSetup {
  const seeds = subsetsOf(committee.helpers, committee.threshold).map(() => entropy(seedBytes));
  return { epoch: committee.epoch, setup, seeds };
}

/** The deposits of these seeds, one for each helper: a helper gets those of the subsets that it is not in. */
export function depositsOf(
  { epoch, setup, seeds }: SeedSetup,
  committee: Committee,
  gateway: string,
  identity: Identity,
  entropy: Entropy = systemEntropy,
): Deposit[] {
  const ephemeral = new EphemeralKey(entropy);
  const subsets = subsetsOf(committee.helpers, committee.threshold);
  return committee.content.helpers.map(({ sealing }, helper) => {
    const own = Buffer.concat(seedsHeldBy(helper, subsets).map((index) => seeds[index]!));
    const open = {
      epoch,
      gateway,
      identity: identity.publicKey.bytes,
      setup,
      helper,
      ephemeral: ephemeral.publicBytes,
    };
    const { key, iv } = sealingKey(ephemeral.secretWith(sealing), committee, open);
    const cipher = createCipheriv('aes-256-gcm', key, iv);
    const sealed = new Uint8Array(Buffer.concat([cipher.update(own), cipher.final(), cipher.getAuthTag()]));
    return { ...open, sealed, signature: identity.sign(signedBytes(committee, { ...open, sealed })) };
  });
}

/**
 * Opens a deposit. @returns the seeds by their index; undefined if it is of another committee, not signed by its gateway, or
 * not for this helper
 */
export function openDeposit(
  deposit: Deposit,
  committee: Committee,
  helper: number,
  key: EphemeralKey,
): ReadonlyMap<number, Uint8Array> | undefined {
  if (deposit.epoch !== committee.epoch || deposit.helper !== helper) return undefined;
  try {
    if (!PublicKey.of(deposit.identity).verify(signedBytes(committee, deposit), deposit.signature))
      return undefined;
    const { key: opening, iv } = sealingKey(key.secretWith(deposit.ephemeral), committee, deposit);
    const body = deposit.sealed.subarray(0, -tagBytes);
    const decipher = createDecipheriv('aes-256-gcm', opening, iv);
    decipher.setAuthTag(deposit.sealed.subarray(-tagBytes));
    const seeds = Buffer.concat([decipher.update(body), decipher.final()]);
    const held = seedsHeldBy(helper, subsetsOf(committee.helpers, committee.threshold));
    if (seeds.length !== held.length * seedBytes) return undefined;
    return new Map(
      held.map((index, i) => [index, Uint8Array.from(seeds.subarray(i * seedBytes, (i + 1) * seedBytes))]),
    );
  } catch {
    return undefined;
  }
}

const tagBytes = 16;

type OpenPart = Omit<Deposit, 'sealed' | 'signature'>;

const partsOf = ({ epoch, gateway, identity, setup, helper, ephemeral }: OpenPart) =>
  [epoch, gateway, identity, setup, helper, ephemeral] as const;

const signedBytes = (committee: Committee, deposit: OpenPart & Pick<Deposit, 'sealed'>) =>
  encodeDeterministic(['ftte deposit', 1, committee.content.federation, ...partsOf(deposit), deposit.sealed]);

/** A key that is used for one deposit, so that its nonce may follow from it. */
function sealingKey(secret: Uint8Array, committee: Committee, deposit: OpenPart) {
  const sealing = committee.content.helpers[deposit.helper]?.sealing ?? new Uint8Array(0);
  const { federation } = committee.content;
  const info = encodeDeterministic(['ftte seeds', 1, federation, ...partsOf(deposit), sealing]);
  const material = Buffer.from(hkdfSync('sha256', secret, new Uint8Array(0), info, 44));
  return { key: material.subarray(0, 32), iv: material.subarray(32) };
}

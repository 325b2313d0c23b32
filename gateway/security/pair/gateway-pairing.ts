import type { Identity } from '../keys/identity';
import type { PublicKey } from '../keys/public-key';
import { SecurityError } from '../rules/security-error';
import { type Entropy, systemEntropy } from '../text/bytes';
import { type ClaimMark, ClaimOrder, readClaim, type SignedClaim } from './claim';
import { type InvitationProof, signHello } from './hello';
import { makePair, type Pair } from './pair';
import { EphemeralKey } from './x25519';

/** Options of a `GatewayPairing`. */
export interface GatewayPairingOptions {
  readonly identity: Identity;
  readonly federation: string;
  readonly gateway: string;
  /** The pinned key of the coordinator. */
  readonly coordinator: PublicKey;
  /** Number of this start of the gateway (`nextRun`). */
  readonly run: number;
  /** The newest claim of an earlier start. */
  readonly mark?: ClaimMark;
  readonly entropy?: Entropy;
}

/** A gateway's side of pairing: it follows claims, answers the newest with hellos, and has the keys of the pair. */
export class GatewayPairing {
  private readonly order: ClaimOrder;
  private current:
    | { readonly ephemeral: EphemeralKey; readonly claim: SignedClaim; readonly pair: Pair }
    | undefined;
  private number = 0;

  constructor(private readonly options: GatewayPairingOptions) {
    this.order = new ClaimOrder(options.mark);
  }

  /** The keys with the coordinator of the newest claim. Undefined before the first claim. */
  get pair(): Pair | undefined {
    return this.current?.pair;
  }

  /** The newest claim, to be kept for the next start. */
  get mark(): ClaimMark | undefined {
    return this.order.mark;
  }

  /**
   * Takes a claim. One of another run makes a new pair, with a new X25519 key (P-15): a broker that repeats claims cannot
   * make this side use a counter twice.
   * @returns the claim, and whether the pair is new, so that a hello is due
   * @throws SecurityError as `readClaim`; `claim-old`, `zero-secret`
   */
  takeClaim(topic: string, bytes: Uint8Array): { readonly claim: SignedClaim; readonly isNew: boolean } {
    const { federation, gateway, identity, coordinator, entropy = systemEntropy } = this.options;
    const claim = readClaim(bytes, topic, { federation, coordinator });
    // A question among coordinators (P-13).
    if (claim.term === 0) return { claim, isNew: false };
    if (!this.order.accept(claim)) return { claim, isNew: false };
    const ephemeral = new EphemeralKey(entropy);
    const pair = makePair('gateway', ephemeral, {
      federation,
      gateway,
      coordinatorKey: coordinator,
      gatewayKey: identity.publicKey,
      claimEphemeral: claim.ephemeral,
      helloEphemeral: ephemeral.publicBytes,
    });
    this.current = { ephemeral, claim: { ...claim, ephemeral: Uint8Array.from(claim.ephemeral) }, pair };
    return { claim, isNew: true };
  }

  /**
   * The next hello of this start, in answer to the newest claim.
   * @param presence number of the newest presence
   * @throws SecurityError `no-pair` before a claim
   */
  hello(topic: string, content: Uint8Array, invitation?: InvitationProof, presence?: number): Uint8Array {
    const { current } = this;
    if (!current)
      throw new SecurityError('no-pair', 'no claim of the coordinator has come, which a hello answers');
    const { federation, gateway, identity, coordinator, run } = this.options;
    const hello = {
      federation,
      gateway,
      claimEphemeral: current.claim.ephemeral,
      ephemeral: current.ephemeral.publicBytes,
      run,
      number: this.number++,
      content,
      ...(invitation && { invitation }),
      ...(presence !== undefined && { presence }),
    };
    return signHello(identity, topic, hello, coordinator);
  }
}

import type { Identity } from '../keys/identity';
import { SecurityError } from '../rules/security-error';
import { type Entropy, equalBytes, systemEntropy } from '../text/bytes';
import { signClaim } from './claim';
import { readHello, type VerifiedHello } from './hello';
import { makePair, type Pair } from './pair';
import { EphemeralKey } from './x25519';

/** Options of a `CoordinatorPairing`. */
export interface CoordinatorPairingOptions {
  readonly identity: Identity;
  readonly federation: string;
  readonly term: number;
  /** Number of this start of the coordinator (`nextRun`). */
  readonly run: number;
  readonly entropy?: Entropy;
}

interface Paired {
  readonly helloEphemeral: Uint8Array;
  readonly pair: Pair;
  /** Of the newest hello, in hex. */
  digest: string;
}

/** The coordinator's side of pairing, for one run: its claims, and the keys with each gateway. */
export class CoordinatorPairing {
  private readonly ephemeral: EphemeralKey;
  private readonly pairs = new Map<string, Paired>();

  constructor(private readonly options: CoordinatorPairingOptions) {
    this.ephemeral = new EphemeralKey(options.entropy ?? systemEntropy);
  }

  /** The claim of this run, around the message that it carries. @param term of the lease; 0 for a question (P-13) */
  claim(topic: string, content: Uint8Array, term = this.options.term): Uint8Array {
    const { identity, federation, run } = this.options;
    return signClaim(identity, topic, {
      federation,
      term,
      run,
      ephemeral: this.ephemeral.publicBytes,
      content,
    });
  }

  /** Reads a hello of a gateway. It changes nothing. @throws SecurityError as `readHello` */
  readHello(topic: string, gateway: string, bytes: Uint8Array): VerifiedHello {
    const { identity, federation } = this.options;
    return readHello(bytes, topic, {
      federation,
      gateway,
      coordinator: identity.publicKey,
      claimEphemeral: this.ephemeral.publicBytes,
    });
  }

  /**
   * The keys with the sender of a hello, after the members have accepted it. The pair of an X25519 key that is in use stays:
   * its counters go on. It also stays for a member that was revoked and readmitted: a second pair of the same keys would
   * use counters again.
   * @throws SecurityError `zero-secret`
   */
  pairWith(hello: VerifiedHello): Pair {
    const { gateway } = hello;
    const known = this.pairs.get(gateway);
    if (known && equalBytes(known.helloEphemeral, hello.ephemeral)) {
      known.digest = hello.digest;
      return known.pair;
    }
    const pair = makePair('coordinator', this.ephemeral, {
      federation: this.options.federation,
      gateway,
      coordinatorKey: this.options.identity.publicKey,
      gatewayKey: hello.key,
      claimEphemeral: this.ephemeral.publicBytes,
      helloEphemeral: hello.ephemeral,
    });
    this.pairs.set(gateway, {
      helloEphemeral: Uint8Array.from(hello.ephemeral),
      pair,
      digest: hello.digest,
    });
    return pair;
  }

  /** The gateways with which there are keys. */
  get gateways(): Iterable<string> {
    return this.pairs.keys();
  }

  /** Digest of the newest hello of a gateway in this run, in hex. Undefined if none has come. */
  helloOf(gateway: string): string | undefined {
    return this.pairs.get(gateway)?.digest;
  }

  /** The keys with a gateway. @throws SecurityError `no-pair` */
  pairOf(gateway: string): Pair {
    const known = this.pairs.get(gateway);
    if (!known) throw new SecurityError('no-pair', `no hello of ${gateway} has come in this run`);
    return known.pair;
  }
}

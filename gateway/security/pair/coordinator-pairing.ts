import type { Identity } from '../keys/identity';
import type { PublicKey } from '../keys/public-key';
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
  hello: HelloMark;
}

/** The newest hello of a gateway: its digest in hex, and the run that it is of. */
export type HelloMark = Pick<VerifiedHello, 'digest' | 'run'>;

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

  /**
   * Reads a hello of a gateway. It changes nothing.
   * @param beforeVerifying as in `HelloExpectation`
   * @throws SecurityError as `readHello`
   */
  readHello(
    topic: string,
    gateway: string,
    bytes: Uint8Array,
    beforeVerifying?: (key: PublicKey) => void,
  ): VerifiedHello {
    const { identity, federation } = this.options;
    return readHello(bytes, topic, {
      federation,
      gateway,
      coordinator: identity.publicKey,
      claimEphemeral: this.ephemeral.publicBytes,
      beforeVerifying,
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
      known.hello = markOf(hello);
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
      hello: markOf(hello),
    });
    return pair;
  }

  /** The gateways with which there are keys. */
  get gateways(): Iterable<string> {
    return this.pairs.keys();
  }

  /** The newest hello of a gateway that has come in this run. Undefined: none has. */
  helloOf(gateway: string): HelloMark | undefined {
    return this.pairs.get(gateway)?.hello;
  }

  /** The keys with a gateway. @throws SecurityError `no-pair` */
  pairOf(gateway: string): Pair {
    const known = this.pairs.get(gateway);
    if (!known) throw new SecurityError('no-pair', `no hello of ${gateway} has come in this run`);
    return known.pair;
  }
}

const markOf = ({ digest, run }: VerifiedHello): HelloMark => ({ digest, run });

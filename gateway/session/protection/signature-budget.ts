import type { Clock } from '../../platform';
import { SecurityError } from '../../security';
import { TokenBucket } from './token-bucket';

/** Signatures of one kind that are verified in vain: at once, and in each second. */
export const mostInVain = { burst: 1_000, perSecond: 100 } as const;

/** The kinds of messages whose signature whoever has the broker's password can make a coordinator verify. */
const kinds = ['hello of a stranger', 'hello of a member', 'presence'] as const;
type Kind = (typeof kinds)[number];

/**
 * Bounds the signatures that a coordinator verifies in vain (P-36): for what nobody of the federation has sent now. Each kind has
 * a bound of its own, so that strangers who say hello hold up no member, and nobody holds up members that are paired.
 */
export class SignatureBudget {
  private readonly buckets: Readonly<Record<Kind, TokenBucket>>;

  constructor(clock: () => Clock | undefined) {
    const bucket = () => new TokenBucket(mostInVain, () => clock()?.now() ?? 0);
    this.buckets = Object.fromEntries(kinds.map((kind) => [kind, bucket()])) as Record<Kind, TokenBucket>;
  }

  /** A signature is about to be verified, as it seems in vain. @throws SecurityError `unknown-flood` */
  require(kind: Kind): void {
    const bucket = this.buckets[kind];
    if (bucket.isEmpty)
      throw new SecurityError(
        'unknown-flood',
        `more than ${mostInVain.perSecond} signatures per second are wrong or of nobody who is let in: a ${kind} is not looked at`,
      );
    bucket.take();
  }

  /** It was not in vain. */
  giveBack(kind: Kind): void {
    this.buckets[kind].giveBack();
  }
}

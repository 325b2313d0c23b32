import { type HelperOffer, isOffer, isSealingKey } from '../../masking';
import { FtteError } from '../../platform';
import { equalBytes } from '../../security';
import type { Session } from '../../session';

interface Known {
  readonly offer: HelperOffer;
  /** Keys that came after the first one. */
  readonly changes: number;
}

/** The offers of gateways to help: the newest of each, signed with the key of the member. */
export class HelperOffers {
  private readonly known = new Map<string, Known>();

  constructor(private readonly session: Session) {}

  /**
   * Takes the offer of a gateway; one that is not signed with the key of the member is ignored.
   * @returns `new` if its sealing key is another one than before
   * @throws FtteError `message-invalid` for a sealing key under which nothing can be sealed, or that another member has offered
   */
  take(gateway: string, offer: HelperOffer): 'new' | 'same' | 'ignored' {
    const { federation } = this.session;
    const key = this.session.memberKey?.(gateway);
    if (offer.gateway !== gateway || !key || !equalBytes(key, offer.identity)) return 'ignored';
    if (!isOffer(federation, offer)) return 'ignored';
    const before = this.known.get(gateway);
    if (before && equalBytes(before.offer.sealing, offer.sealing)) return 'same';
    if (!isSealingKey(offer.sealing))
      throw new FtteError('message-invalid', 'sealing: expected an X25519 key, got one of small order');
    const copied = this.all.find((other) => equalBytes(other.sealing, offer.sealing));
    if (copied)
      throw new FtteError(
        'message-invalid',
        `sealing: expected a key of its own, got that of ${copied.gateway}`,
      );
    this.known.set(gateway, { offer, changes: before ? before.changes + 1 : 0 });
    return 'new';
  }

  /** The offer of a gateway that is still a member. */
  of(gateway: string): HelperOffer | undefined {
    return this.session.memberKey?.(gateway) ? this.known.get(gateway)?.offer : undefined;
  }

  /** The offers of all members: those first that have kept their key, because a committee ends with the keys of its helpers. */
  get all(): HelperOffer[] {
    return [...this.known.values()]
      .filter(({ offer }) => this.session.memberKey?.(offer.gateway) !== undefined)
      .sort((a, b) => a.changes - b.changes)
      .map(({ offer }) => offer);
  }
}

import {
  Committee,
  committeeSize,
  type Deposit,
  encodeCommittee,
  encodeToGateway,
  fewestEver,
  type HelperOffer,
  isOffer,
  type ToGateway,
  usualFewest,
} from '../../masking';
import type { Clock, Timer } from '../../platform';
import { equalBytes } from '../../security';
import type { Session } from '../../session';

/** Options of a `HelperBoard`. */
export interface HelperBoardOptions {
  readonly session: Session;
  readonly clock: Clock;
  readonly isOnline: (gateway: string) => boolean;
  /** Gateways that are online. */
  readonly online: () => number;
  /** Another committee opens sums from now on. */
  readonly onCommittee: (committee: Committee) => void;
  /** A helper is there again. */
  readonly onHelper: () => void;
  readonly onProblem: (error: unknown) => void;
}

/** Time without another offer after which a committee is chosen: gateways that start together are in it together. */
const settleMs = 3_000;

/** The gateways that offer to help, the committee of them, and the seeds that are on their way to it. */
export class HelperBoard {
  private readonly offers = new Map<string, HelperOffer>();
  /** By helper, gateway and setup; sent again to a helper that has started again. */
  private readonly deposits = new Map<string, Deposit>();
  private timer: Timer | undefined;
  private chosen: Committee | undefined;

  constructor(private readonly options: HelperBoardOptions) {}

  get committee(): Committee | undefined {
    return this.chosen;
  }

  /** Gateways that have offered to help and are online. */
  get candidates(): number {
    return this.able.length;
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  /** Takes the offer of a gateway; one that is not signed with the key of the member is ignored. */
  offered(gateway: string, offer: HelperOffer): void {
    const { session, clock } = this.options;
    const key = session.memberKey?.(gateway);
    if (offer.gateway !== gateway || !key || !equalBytes(key, offer.identity)) return;
    if (!isOffer(session.federation, offer)) return;
    this.offers.set(gateway, offer);
    const index = this.indexOf(gateway, offer);
    if (index >= 0)
      for (const deposit of this.deposits.values()) if (deposit.helper === index) this.forward(deposit);
    if (index >= 0) this.options.onHelper();
    this.timer?.cancel();
    this.timer = clock.after(settleMs, () => this.choose());
  }

  /** Takes the seeds of a gateway for one helper. */
  deposited(gateway: string, deposit: Deposit): void {
    const key = this.options.session.memberKey?.(gateway);
    if (deposit.gateway !== gateway || !key || !equalBytes(key, deposit.identity)) return;
    if (deposit.epoch !== this.chosen?.epoch || deposit.helper >= this.chosen.helpers) return;
    this.deposits.set(`${deposit.helper} ${gateway}`, deposit);
    this.forward(deposit);
  }

  /** Sends to a helper of the committee, if it is online. */
  tell(helper: number, said: ToGateway): void {
    const { session, isOnline, onProblem } = this.options;
    const gateway = this.chosen?.content.helpers[helper]?.gateway;
    if (gateway === undefined || !isOnline(gateway)) return;
    session.send({ type: 'ask', content: encodeToGateway(said) }, gateway).catch(onProblem);
  }

  /** Publishes the committee once more, at each connection. */
  announce(): void {
    const { session, onProblem } = this.options;
    if (!this.chosen) return;
    session.send({ type: 'committee', content: encodeCommittee(this.chosen.content) }).catch(onProblem);
  }

  /** The index of a gateway in the committee; -1: it is no helper, or has lost its key. */
  indexOf(gateway: string, offer = this.offers.get(gateway)): number {
    const index = this.chosen?.indexOf(gateway) ?? -1;
    const sealing = this.chosen?.content.helpers[index]?.sealing;
    return sealing && offer && equalBytes(sealing, offer.sealing) ? index : -1;
  }

  private get able(): HelperOffer[] {
    const { isOnline, session } = this.options;
    return [...this.offers.values()].filter(
      ({ gateway }) => isOnline(gateway) && session.memberKey?.(gateway) !== undefined,
    );
  }

  /** Chooses a committee if there is none, if it can be larger, or if too few of it can sign. */
  private choose(): void {
    this.timer = undefined;
    const { session, clock, online, onCommittee } = this.options;
    const { able, chosen } = this;
    const size = committeeSize(able.length);
    if (!size) return;
    const present = chosen?.content.helpers.filter(({ gateway }) => this.indexOf(gateway) >= 0).length ?? 0;
    if (chosen && size.helpers <= chosen.helpers && present >= chosen.quorum) return;
    this.chosen = new Committee({
      federation: session.federation,
      number: Math.max(Math.floor(clock.now() / 1000), (chosen?.content.number ?? 0) + 1),
      fewest: Math.max(fewestEver, Math.min(usualFewest, online())),
      threshold: size.threshold,
      helpers: able.slice(0, size.helpers),
    });
    this.deposits.clear();
    this.announce();
    onCommittee(this.chosen);
  }

  private forward(deposit: Deposit): void {
    this.tell(deposit.helper, { kind: 'deposit', deposit });
  }
}

import {
  Committee,
  committeeSize,
  type Deposit,
  encodeCommittee,
  encodeToGateway,
  fewestEver,
  fewestHelpers,
  type HelperOffer,
  type ToGateway,
  usualFewest,
} from '../../masking';
import type { Clock, Timer } from '../../platform';
import { equalBytes } from '../../security';
import type { Session } from '../../session';
import { HelperOffers } from './helper-offers';
import { SeedsOnTheWay } from './seeds-on-the-way';

/** Options of a `HelperBoard`. */
export interface HelperBoardOptions {
  readonly session: Session;
  readonly clock: Clock;
  /** Gateways that may help; undefined: all. */
  readonly helpers?: readonly string[] | undefined;
  readonly isOnline: (gateway: string) => boolean;
  /** Gateways that are online. */
  readonly online: () => number;
  /** Another committee opens sums from now on. */
  readonly onCommittee: (committee: Committee) => void;
  /** A helper is there again. */
  readonly onHelper: () => void;
  /** No masked sum can be opened for a while. @param text for a person */
  readonly onLacking: (text: string) => void;
  readonly onProblem: (error: unknown) => void;
}

/** Time without another key after which a committee is chosen: gateways that start together are in it together. */
const settleMs = 3_000;
/** Longest time for which further keys put the choice off. */
const mostSettleMs = 30_000;
/** Time after which a committee that cannot open sums is replaced, or the coordinator says so: gateways may come back before. */
export const patienceMs = 180_000;
/** Shortest life of a committee, unless it can be larger: updates that wait are lost with it. */
const restMs = 60_000;

/** The gateways that offer to help, the committee of them, and the seeds that are on their way to it. */
export class HelperBoard {
  private readonly offers: HelperOffers;
  private readonly seeds = new SeedsOnTheWay();
  /** Helpers of the committee that sign nothing more, because they remember too many updates. */
  private readonly full = new Set<number>();
  private settling: Timer | undefined;
  private settlingSince = 0;
  private patience: Timer | undefined;
  /** The committee could not open sums for too long. */
  private isOverdue = false;
  private isStopped = false;
  private chosen: Committee | undefined;
  private chosenAt = 0;

  constructor(private readonly options: HelperBoardOptions) {
    this.offers = new HelperOffers(options.session);
  }

  get committee(): Committee | undefined {
    return this.chosen;
  }

  /** Deposits that no helper has confirmed. */
  get undelivered(): number {
    return this.seeds.size;
  }

  stop(): void {
    this.isStopped = true;
    this.settling?.cancel();
    this.patience?.cancel();
    this.settling = undefined;
    this.patience = undefined;
  }

  /** Takes the offer of a gateway. @throws FtteError `message-invalid` for one that no committee could have */
  offered(gateway: string, offer: HelperOffer): void {
    const change = this.offers.take(gateway, offer);
    if (change === 'ignored') return;
    const index = this.indexOf(gateway);
    if (index >= 0) {
      for (const deposit of this.seeds.of(index)) this.forward(deposit);
      this.options.onHelper();
    }
    this.review(change === 'new');
  }

  /** Takes the seeds of a gateway for one helper. */
  deposited(gateway: string, deposit: Deposit): void {
    const key = this.options.session.memberKey?.(gateway);
    if (deposit.gateway !== gateway || !key || !equalBytes(key, deposit.identity)) return;
    if (deposit.epoch !== this.chosen?.epoch || deposit.helper >= this.chosen.helpers) return;
    this.seeds.add(deposit);
    this.forward(deposit);
  }

  /** A helper has the seeds of a gateway on its disk. */
  held(helper: number, gateway: string, setup: string): void {
    this.seeds.held(helper, gateway, setup);
  }

  /** A helper signs nothing more in this committee. */
  filled(helper: number): void {
    this.full.add(helper);
    this.review();
  }

  /** Looks at the committee again, because gateways have come, gone or been excluded. */
  review(isNews = false): void {
    if (this.isStopped) return;
    if (this.lack === undefined) {
      this.isOverdue = false;
      this.patience?.cancel();
      this.patience = undefined;
    } else if (!this.isOverdue)
      this.patience ??= this.options.clock.after(patienceMs, () => this.endPatience());
    if (this.isDue) this.settle(isNews);
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
  indexOf(gateway: string): number {
    const index = this.chosen?.indexOf(gateway) ?? -1;
    const sealing = this.chosen?.content.helpers[index]?.sealing;
    const offer = this.offers.of(gateway);
    return sealing && offer && equalBytes(sealing, offer.sealing) ? index : -1;
  }

  /** The reason why no sum can be opened now; undefined: one can. */
  private get lack(): string | undefined {
    const { chosen, options } = this;
    if (!chosen) {
      const able = this.able.length;
      return able < fewestHelpers
        ? `expected at least ${fewestHelpers} gateways that help and are online, got ${able}: no masked update can be made`
        : undefined;
    }
    const lasting = this.lasting.filter(options.isOnline);
    if (lasting.length < chosen.quorum)
      return `expected at least ${chosen.quorum} of the ${chosen.helpers} helpers of masked sums online, got ${lasting.length}`;
    const online = options.online();
    return online < chosen.fewest
      ? `expected at least ${chosen.fewest} gateways online for a masked sum, got ${online}`
      : undefined;
  }

  private get able(): HelperOffer[] {
    const { helpers, isOnline } = this.options;
    return this.offers.all.filter(({ gateway }) => isOnline(gateway) && (helpers?.includes(gateway) ?? true));
  }

  /** Helpers of the committee that can sign in it, now or when they are back. */
  private get lasting(): string[] {
    const gateways = this.chosen?.content.helpers.map(({ gateway }) => gateway) ?? [];
    return gateways.filter((gateway, index) => this.indexOf(gateway) >= 0 && !this.full.has(index));
  }

  /** Fewest gateways of a sum in a committee that is chosen now. */
  private get fewest(): number {
    return Math.max(fewestEver, Math.min(usualFewest, this.options.online()));
  }

  /** Whether another committee is better than the present one, and possible. */
  private get isDue(): boolean {
    const { chosen } = this;
    const size = committeeSize(this.able.length);
    if (!size || this.isStopped) return false;
    if (!chosen || size.helpers > chosen.helpers || this.fewest > chosen.fewest) return true;
    return this.lasting.length < chosen.quorum || (this.isOverdue && this.lack !== undefined);
  }

  /** Chooses a committee soon. @param isNews a gateway has come with another key: others may follow */
  private settle(isNews: boolean): void {
    const { clock } = this.options;
    if (this.settling && !isNews) return;
    const now = clock.now();
    if (!this.settling) this.settlingSince = now;
    this.settling?.cancel();
    const waitMs = Math.min(settleMs, this.settlingSince + mostSettleMs - now);
    this.settling = clock.after(Math.max(0, waitMs), () => this.endSettling());
  }

  private endSettling(): void {
    const { clock, onProblem } = this.options;
    this.settling = undefined;
    if (!this.isDue) return;
    const { chosen, able } = this;
    const isLarger = (committeeSize(able.length)?.helpers ?? 0) > (chosen?.helpers ?? 0);
    const restedMs = clock.now() - this.chosenAt;
    if (chosen && !isLarger && restedMs < restMs) {
      this.settlingSince = clock.now();
      this.settling = clock.after(restMs - restedMs, () => this.endSettling());
      return;
    }
    try {
      this.choose(able);
    } catch (error) {
      // Nothing that gateways have sent may end the process.
      onProblem(error);
    }
  }

  private endPatience(): void {
    this.patience = undefined;
    this.isOverdue = true;
    if (this.isDue) this.settle(false);
    else if (this.lack !== undefined) this.options.onLacking(this.lack);
  }

  private choose(able: readonly HelperOffer[]): void {
    const { session, clock, onCommittee } = this.options;
    const size = committeeSize(able.length);
    if (!size) return;
    this.chosen = new Committee({
      federation: session.federation,
      number: Math.max(Math.floor(clock.now() / 1000), (this.chosen?.content.number ?? 0) + 1),
      // Gateways take no committee of so many helpers for smaller sums.
      fewest: Math.max(this.fewest, Math.min(usualFewest, size.helpers)),
      threshold: size.threshold,
      helpers: able.slice(0, size.helpers),
    });
    this.chosenAt = clock.now();
    this.isOverdue = false;
    this.seeds.clear();
    this.full.clear();
    this.announce();
    onCommittee(this.chosen);
    this.review();
  }

  private forward(deposit: Deposit): void {
    this.tell(deposit.helper, { kind: 'deposit', deposit });
  }
}

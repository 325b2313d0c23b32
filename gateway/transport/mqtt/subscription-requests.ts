import { Backoff, type Clock, FtteError, type Random, type Timer } from '../../platform';

/** Asks the broker for a filter: resolves when it is confirmed, rejects with a `broker` error if it is refused. */
export type Ask = (filter: string) => Promise<void>;

type Waiter = (error?: Error) => void;

/** Time for which a filter at which the broker ended the connection is left out, in ms. */
const restMs = 10 * 60_000;
/** Waits until a subscription that was refused is requested again. */
const againAfter = { minMs: 5_000, maxMs: 5 * 60_000 };

/**
 * The requests for filters, and the callers that wait for the broker's answer. If the broker ends the connection instead
 * of answering, the next connection asks for one filter at a time, so that the filter can be named and left out.
 */
export class SubscriptionRequests {
  private readonly waiters = new Map<string, Waiter[]>();
  /** Filters that were requested on this connection and are not answered yet. */
  private readonly asked = new Set<string>();
  /** Filters that were not answered when the last connection ended. */
  private suspects: ReadonlySet<string> = new Set();
  private readonly refused = new Map<string, { readonly error: FtteError; readonly untilMs: number }>();
  /** Existing subscriptions that the broker refused on this connection. */
  private readonly repeated = new Map<string, { readonly backoff: Backoff; timer?: Timer }>();

  constructor(
    private readonly options: {
      readonly clock: Clock;
      readonly random: Random;
      /** Makes the error of a filter at which the broker ends the connection. */
      readonly refusal: (filter: string) => FtteError;
      /** An existing subscription is refused, and nobody waits for the answer. */
      readonly onRefused: (error: FtteError) => void;
      /** Requests a subscription again that was refused. @returns false if nobody subscribes any more */
      readonly again: (filter: string) => boolean;
    },
  ) {}

  /** Number of filters that the broker has not answered on this connection. */
  get unanswered(): number {
    return this.asked.size;
  }

  /** Resolves when the broker has confirmed the filter. @throws FtteError `broker` (`not-allowed`) */
  wait(filter: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter = (error?: Error) => (error ? reject(error) : resolve());
      this.waiters.set(filter, [...(this.waiters.get(filter) ?? []), waiter]);
    });
  }

  /** Requests the filter and settles its waiters. If the connection ends, they wait for the next one. Never rejects. */
  async request(filter: string, ask: Ask): Promise<void> {
    const refused = this.refused.get(filter);
    if (refused && this.options.clock.now() < refused.untilMs) {
      this.settle(filter, refused.error);
      return;
    }
    this.refused.delete(filter);
    this.asked.add(filter);
    try {
      await ask(filter);
      this.asked.delete(filter);
      this.forgetRepeated(filter);
      this.settle(filter);
    } catch (error) {
      if (error instanceof FtteError) this.refuse(filter, error);
    }
  }

  /** Requests all filters on a new connection. */
  async requestAll(filters: readonly string[], ask: Ask): Promise<void> {
    this.asked.clear();
    const careful = this.suspects.size > 0;
    const all = filters.map((filter) => () => this.request(filter, ask));
    if (!careful) await Promise.all(all.map((request) => request()));
    else for (const request of all) await request();
  }

  /** The connection ended. @param byBroker false if this side ended it because it received nothing */
  ended(byBroker: boolean): void {
    this.forgetAllRepeated();
    const unanswered = [...this.asked];
    this.asked.clear();
    const [only] = unanswered;
    const convicted =
      byBroker && only !== undefined && unanswered.length === 1 && this.suspects.has(only) ? only : undefined;
    this.suspects = convicted || !byBroker ? new Set() : new Set(unanswered);
    if (convicted === undefined) return;
    const error = this.options.refusal(convicted);
    this.refused.set(convicted, { error, untilMs: this.options.clock.now() + restMs });
    if (!this.settle(convicted, error)) this.options.onRefused(error);
  }

  /** Rejects all waiters; nothing is requested again. */
  fail(error: Error): void {
    this.asked.clear();
    this.forgetAllRepeated();
    for (const filter of [...this.waiters.keys()]) this.settle(filter, error);
  }

  /**
   * A cluster of brokers that has just lost one refuses subscriptions until the others agree who leads, and so does a
   * broker whose access rules change, so an existing subscription is requested again.
   */
  private refuse(filter: string, error: FtteError): void {
    // An answer that comes after the end of its connection says nothing about the next one.
    if (!this.asked.delete(filter) || this.settle(filter, error)) return;
    const { clock, random, onRefused, again } = this.options;
    let repeated = this.repeated.get(filter);
    if (!repeated) {
      repeated = { backoff: new Backoff(againAfter, random) };
      this.repeated.set(filter, repeated);
      onRefused(error);
    }
    repeated.timer?.cancel();
    repeated.timer = clock.after(repeated.backoff.next(), () => {
      if (!again(filter)) this.forgetRepeated(filter);
    });
  }

  private forgetRepeated(filter: string): void {
    this.repeated.get(filter)?.timer?.cancel();
    this.repeated.delete(filter);
  }

  private forgetAllRepeated(): void {
    for (const filter of this.repeated.keys()) this.forgetRepeated(filter);
  }

  /** @returns whether there was a waiter */
  private settle(filter: string, error?: Error): boolean {
    const waiting = this.waiters.get(filter) ?? [];
    this.waiters.delete(filter);
    for (const waiter of waiting) waiter(error);
    return waiting.length > 0;
  }
}

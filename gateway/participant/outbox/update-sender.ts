import { asFtteError, type Clock, FtteError, type Random, type Timer } from '../../platform';
import type { Session } from '../../session';
import { SubscriptionGroup } from '../../session';
import type { Ack, Claim, Update } from '../../wire';
import type { Outbox } from './outbox';

export interface UpdateSenderOptions {
  readonly session: Session;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly random: Random;
  /** Sends a hello, because the coordinator does not know this gateway. */
  readonly introduce: () => Promise<void>;
  readonly onRejected: (ack: Ack) => void;
  /** Called when updates of another lineage were dropped. */
  readonly onExpired: (count: number, lineage: string) => void;
  /** Called when the coordinator answered. */
  readonly onAnswered: () => void;
  /** Called when the number of waiting updates has changed. */
  readonly onChange: () => void;
  readonly onProblem: (error: FtteError) => void;
}

/**
 * An update without an acknowledgement is sent again after this time, and then after twice the time, up to the longest.
 */
const firstRetryMs = 30_000;
const lastRetryMs = 15 * 60_000;
/**
 * Most updates in flight without an acknowledgement. The coordinator recognises the last 64 updates of each gateway.
 * With more in flight, one whose acknowledgement was lost might be counted twice.
 */
const mostUnderWay = 32;

/**
 * Sends the updates of the outbox to the coordinator, in order, and again until they are acknowledged: after a
 * reconnect, after a restart of the coordinator, and after a while. An acknowledged update is never sent again.
 */
export class UpdateSender {
  private readonly subscriptions: SubscriptionGroup;
  private online = false;
  private lineage: string | undefined;
  private coordinator: string | undefined;
  /** The times at which unacknowledged updates were given to the transport, by id. */
  private readonly sentMs = new Map<string, number>();
  /** Updates that the coordinator refused because it does not know this gateway. */
  private readonly unknown = new Set<string>();
  private introduction: Timer | undefined;
  private retryMs = firstRetryMs;
  private timer: Timer | undefined;
  private sending = false;
  private again = false;
  private stopped = false;

  constructor(private readonly options: UpdateSenderOptions) {
    this.subscriptions = new SubscriptionGroup(options.session);
  }

  /** Resolves once subscribed, which needs a connection. */
  async start(): Promise<void> {
    await Promise.all([
      this.subscriptions.subscribe('ack', (ack) => void this.onAck(ack)),
      this.subscriptions.subscribe('claim', (claim, { retained }) => this.onClaim(claim, retained)),
    ]);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.introduction?.cancel();
    this.disarm();
    await this.subscriptions.end();
  }

  setOnline(online: boolean): void {
    if (online === this.online) return;
    this.online = online;
    if (online) this.sendAllAgain();
  }

  /** Drops the updates of other lineages and sends those of this one. */
  async setLineage(lineage: string): Promise<void> {
    this.lineage = lineage;
    const expired = await this.options.outbox.keepOnly(lineage);
    for (const { id } of expired) this.sentMs.delete(id);
    if (expired.length > 0) this.options.onExpired(expired.length, lineage);
    this.options.onChange();
    this.flush();
  }

  /** Takes updates of an earlier process that the outbox found late. */
  takeFound(): void {
    const { lineage } = this;
    if (lineage === undefined) this.options.onChange();
    else this.setLineage(lineage).catch((error) => this.fail(error));
  }

  /** Stores the update, then sends it. Resolves once it is stored. */
  async add(update: Update, message: Uint8Array): Promise<void> {
    await this.options.outbox.put(update, message);
    this.options.onChange();
    this.flush();
  }

  private async onAck(ack: Ack): Promise<void> {
    this.options.onAnswered();
    if (!this.options.outbox.has(ack.id)) return;
    if (ack.status === 'rejected' && ack.reason === 'unknown-sender') {
      await this.introduce(ack.id);
      return;
    }
    this.retryMs = firstRetryMs;
    this.sentMs.delete(ack.id);
    await this.options.outbox.remove(ack.id);
    if (ack.status === 'rejected') this.options.onRejected(ack);
    this.options.onChange();
    if (this.options.outbox.size === 0) this.disarm();
    else this.flush();
  }

  /** After the hello the updates are sent again. If the coordinator still refuses them, the waits grow. */
  private async introduce(id: string): Promise<void> {
    this.unknown.add(id);
    if (this.introduction || this.stopped) return;
    this.introduction = this.options.clock.after(this.jitter(this.retryMs / 30), () => {
      this.introduction = undefined;
      for (const refused of this.unknown) this.sentMs.delete(refused);
      this.unknown.clear();
      this.flush();
    });
    this.retryMs = Math.min(lastRetryMs, this.retryMs * 2);
    try {
      await this.options.introduce();
    } catch (error) {
      this.fail(error);
    }
  }

  /**
   * A coordinator sends its claim when it starts and at each of its connections. It may have missed messages that the
   * broker accepted meanwhile. A retained claim is new only if it is of another coordinator.
   */
  private onClaim({ active, instance }: Claim, retained: boolean): void {
    if (!active) return;
    const other = this.coordinator !== undefined && instance !== this.coordinator;
    this.coordinator = instance;
    if (other || !retained) this.sendAllAgain();
  }

  private sendAllAgain(): void {
    this.sentMs.clear();
    this.retryMs = firstRetryMs;
    this.flush();
  }

  /** Sends the updates that were not sent yet, oldest first, one at a time, up to the limit of updates in flight. */
  private flush(): void {
    this.again = true;
    if (!this.sending) void this.sendPending();
  }

  /** Never rejects. Repeats if it is called again meanwhile. */
  private async sendPending(): Promise<void> {
    this.sending = true;
    while (this.again) {
      this.again = false;
      // A full outbox may have dropped updates in flight.
      for (const id of this.sentMs.keys()) if (!this.options.outbox.has(id)) this.sentMs.delete(id);
      for (const { id, lineage } of [...this.options.outbox.entries]) {
        if (this.stopped || !this.online || this.sentMs.size >= mostUnderWay) break;
        // Before a task names the lineage, no coordinator would accept it.
        if (lineage !== this.lineage || this.sentMs.has(id)) continue;
        if (!(await this.sendOne(id))) break;
      }
    }
    this.sending = false;
    this.armRetry();
  }

  /**
   * False if the connection accepts nothing now. Updates that were not sent are tried again at a reconnect, or after a
   * while.
   */
  private async sendOne(id: string): Promise<boolean> {
    const { outbox, session, clock } = this.options;
    const bytes = await outbox.read(id);
    if (!bytes || this.stopped) return true;
    try {
      await session.sendEncoded({ type: 'update', id, bytes });
      if (outbox.has(id)) this.sentMs.set(id, clock.now());
      return true;
    } catch (error) {
      if (this.online && !this.stopped) this.fail(error);
      return !(error instanceof FtteError && error.code === 'offline');
    }
  }

  private armRetry(): void {
    if (this.timer || this.stopped || this.options.outbox.size === 0) return;
    this.timer = this.options.clock.after(this.jitter(this.retryMs), () => {
      this.timer = undefined;
      const before = this.options.clock.now() - this.retryMs / 2;
      for (const [id, at] of this.sentMs) if (at <= before) this.sentMs.delete(id);
      this.retryMs = Math.min(lastRetryMs, this.retryMs * 2);
      this.flush();
    });
  }

  private disarm(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  private jitter(ms: number): number {
    return ms * (0.75 + this.options.random.uniform() / 2);
  }

  private fail(error: unknown): void {
    this.options.onProblem(asFtteError(error, 'broker'));
  }
}

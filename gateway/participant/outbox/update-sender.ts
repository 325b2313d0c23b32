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
  /** The coordinator does not know us: introduce this gateway again. */
  readonly introduce: () => Promise<void>;
  readonly onRejected: (ack: Ack) => void;
  /** Updates of another lineage were given up. */
  readonly onExpired: (count: number, lineage: string) => void;
  /** The number of updates that wait has changed. */
  readonly onChange: () => void;
  readonly onProblem: (error: FtteError) => void;
}

/** The broker took it but nobody acknowledged it: sent again after this long, then twice as long, up to the last. */
const firstRetryMs = 30_000;
const lastRetryMs = 15 * 60_000;
/**
 * Updates under way without an acknowledgement. The coordinator knows again the last 64 of each gateway: more under way,
 * and one whose acknowledgement was lost might be counted twice.
 */
const mostUnderWay = 32;

/**
 * Brings what is in the outbox to the coordinator, in order, and again until it is acknowledged: after a reconnect,
 * after the coordinator came back, and after a while. An acknowledged update is never sent again.
 */
export class UpdateSender {
  private readonly subscriptions: SubscriptionGroup;
  private online = false;
  private lineage: string | undefined;
  private coordinator: string | undefined;
  /** When updates that are not acknowledged were given to the transport, by id. */
  private readonly sentMs = new Map<string, number>();
  /** Updates that the coordinator refused because it does not know us. */
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

  /** Resolves once subscribed: not before there is a connection. */
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

  /** Gives up the updates of other lineages and sends those of this one. */
  async setLineage(lineage: string): Promise<void> {
    this.lineage = lineage;
    const expired = await this.options.outbox.keepOnly(lineage);
    for (const { id } of expired) this.sentMs.delete(id);
    if (expired.length > 0) this.options.onExpired(expired.length, lineage);
    this.options.onChange();
    this.flush();
  }

  /** Keeps the update, then sends it. Resolves once it is kept. */
  async add(update: Update, message: Uint8Array): Promise<void> {
    await this.options.outbox.put(update, message);
    this.options.onChange();
    this.flush();
  }

  private async onAck(ack: Ack): Promise<void> {
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

  /** After the hello the updates go out again; a coordinator that still refuses is asked ever more rarely. */
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
   * A coordinator says its claim when it comes and each time it is back at the broker: it may never have got what the
   * broker took meanwhile. One that the broker remembers is news only where it is another's.
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

  /** Sends what was not sent yet, oldest first, one at a time, as far as there is room under way. */
  private flush(): void {
    this.again = true;
    if (!this.sending) void this.sendPending();
  }

  /** Never rejects. Goes over the outbox once more if asked to meanwhile. */
  private async sendPending(): Promise<void> {
    this.sending = true;
    while (this.again) {
      this.again = false;
      // A full outbox may have given up what was under way.
      for (const id of this.sentMs.keys()) if (!this.options.outbox.has(id)) this.sentMs.delete(id);
      for (const { id, lineage } of [...this.options.outbox.entries]) {
        if (this.stopped || !this.online || this.sentMs.size >= mostUnderWay) break;
        // Before a task names the lineage, nobody would take it.
        if (lineage !== this.lineage || this.sentMs.has(id)) continue;
        if (!(await this.sendOne(id))) break;
      }
    }
    this.sending = false;
    this.armRetry();
  }

  /** False where the connection takes nothing now. What was not sent is tried again at a reconnect, or after a while. */
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

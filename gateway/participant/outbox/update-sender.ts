import { asFtteError, Backoff, type Clock, type FtteError, type Random, type Timer } from '../../platform';
import type { Session } from '../../session';
import { SubscriptionGroup } from '../../session';
import { troubleOf } from '../../transport';
import type { Ack, Message, Update } from '../../wire';
import type { AnswerWatch } from '../answers/answer-watch';
import { PartSize } from '../answers/part-size';
import { InFlight } from './in-flight';
import { KnownPlans } from './known-plans';
import type { Outbox } from './outbox';
import { type CarriedRequest, RequestCarrier } from './request-carrier';

export interface UpdateSenderOptions {
  readonly session: Session;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly random: Random;
  /** Learns of each update that is sent or answered. */
  readonly watch: Pick<AnswerWatch, 'sent' | 'answered' | 'reset' | 'unanswered'>;
  /** Sends a hello, because the coordinator does not know this gateway. */
  readonly introduce: () => Promise<void>;
  /** Called when the coordinator does not know this gateway after several hellos. */
  readonly onUnknown: (hellos: number) => void;
  /** Called when an update was acknowledged in parts of `bytes`, and not in larger ones. */
  readonly onPartLimit: (bytes: number, failedBytes: number) => void;
  /** Called when the coordinator cannot keep an update at present, which is sent again later. */
  readonly onNotStored: (ack: Ack) => void;
  /** Called when an update was accepted, now or before. */
  readonly onAccepted: (ack: Ack) => void;
  readonly onRejected: (ack: Ack) => void;
  /** Called when the lineage is known, and updates of others wait for theirs. */
  readonly onAside: (count: number, lineage: string) => void;
  /** Called when the coordinator answered. */
  readonly onAnswered: () => void;
  /** Called with each claim of the coordinator: whether it makes no versions, because a person has paused it. */
  readonly onPaused: (isPaused: boolean) => void;
  /** Called when the number of waiting updates has changed. */
  readonly onChange: () => void;
  readonly onProblem: (error: FtteError) => void;
}

/** The waits for an acknowledgement after which an update is sent again. */
const retry = { minMs: 30_000, maxMs: 15 * 60_000 };
/** Payload that a session sends in one piece unless the broker accepts less. */
const usualBytes = 128 * 1024;
/** The waits after a hello, before the updates are sent again to a coordinator that does not know this gateway. */
const introductions = { minMs: 1_000, maxMs: 30_000 };
/** Hellos without an effect that are reported. */
const mostHellos = 3;
/**
 * Most updates in flight without an acknowledgement. The coordinator recognises the last 64 updates of each gateway.
 * With more in flight, one whose acknowledgement was lost might be counted twice.
 */
const mostInFlight = 32;

/**
 * Sends the updates of the outbox to the coordinator, in order, and again until they are acknowledged: after a
 * reconnect, after a restart of the coordinator, and after a while. An acknowledged update is never sent again.
 *
 * While no update is acknowledged, or the broker or the coordinator cannot take them, a single one is sent after each of
 * the growing waits, and all others after the first success.
 */
export class UpdateSender {
  private readonly subscriptions: SubscriptionGroup;
  private online = false;
  private lineage: string | undefined;
  /** Whether only masked updates may leave. */
  private isMasked = false;
  private coordinator: string | undefined;
  private readonly inFlight = new InFlight({ firstMs: retry.minMs, longestMs: retry.maxMs });
  /** Size of the parts in which a single update is sent while none is acknowledged. */
  private readonly parts: PartSize;
  private readonly backoff: Backoff;
  private timer: Timer | undefined;
  /** An update was acknowledged since the timer was set. */
  private acknowledged = false;
  /** Counts the times at which everything was to be sent again. */
  private restarts = 0;
  /** Single updates are sent, to find out whether the broker and the coordinator accept them. */
  private onTrial = false;
  /** The update of the present trial. */
  private candidate: string | undefined;
  private readonly plans = new KnownPlans();
  private readonly carrier = new RequestCarrier();
  /** Updates that the coordinator refused because it does not know this gateway. */
  private readonly unknown = new Set<string>();
  private introduction: Timer | undefined;
  private readonly helloBackoff: Backoff;
  private hellos = 0;
  private sending = false;
  private again = false;
  private stopped = false;

  constructor(private readonly options: UpdateSenderOptions) {
    this.subscriptions = new SubscriptionGroup(options.session);
    this.parts = new PartSize(() => options.session.partLimitBytes);
    this.backoff = new Backoff(retry, options.random);
    this.helloBackoff = new Backoff(introductions, options.random);
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
    this.options.watch.reset();
    this.disarm();
    await this.subscriptions.end();
  }

  setOnline(online: boolean): void {
    if (online === this.online) return;
    this.online = online;
    this.options.watch.reset();
    if (online) this.sendAllAgain();
  }

  /** Whether the task asks for masks, from now on: updates of its lineage without masks are dropped then, and none leaves. */
  setMasked(isMasked: boolean, lineage: string): void {
    this.isMasked = isMasked;
    if (isMasked) this.options.outbox.dropPlain(lineage).catch((error) => this.fail(error));
  }

  /** Sends the updates of this lineage. Those of others wait for theirs. */
  setLineage(lineage: string): void {
    const { outbox, onAside, onChange } = this.options;
    this.lineage = lineage;
    outbox.setLineage(lineage);
    if (outbox.aside > 0) onAside(outbox.aside, lineage);
    onChange();
    this.flush();
  }

  /** Takes updates of an earlier process that the outbox found late. */
  takeFound(): void {
    const { lineage } = this;
    if (lineage === undefined) this.options.onChange();
    else {
      this.setMasked(this.isMasked, lineage);
      this.setLineage(lineage);
    }
  }

  /** Stores the update of a round. It is sent when the round has ended. Resolves once it is stored. */
  async add(update: Update, message: Uint8Array): Promise<void> {
    await this.options.outbox.put(update, message);
    // The task may ask for masks since the update was made.
    if (this.isMasked && !update.masks) await this.options.outbox.dropPlain(update.lineage);
    this.plans.add(update);
    this.carrier.begin(update.id);
    this.options.onChange();
  }

  /** The round has ended: its update is sent. */
  roundEnded(): void {
    this.flush();
  }

  /**
   * Lets a request for the next round go with the update that is about to be sent, in place of an earlier one.
   * @returns false if there is no such update
   */
  carry(request: CarriedRequest | undefined): boolean {
    const isSent = this.online && !this.onTrial && this.inFlight.size < mostInFlight;
    return (isSent || !request) && this.carrier.set(request);
  }

  private async onAck(ack: Ack): Promise<void> {
    const { outbox, watch, onAnswered, onRejected, onChange } = this.options;
    onAnswered();
    if (!outbox.has(ack.id)) return;
    watch.answered();
    if (ack.status === 'rejected' && ack.reason === 'unknown-sender') {
      await this.introduce(ack.id);
      return;
    }
    this.carrier.answered(ack);
    if (ack.reason === 'unknown-plan') {
      this.plans.forget();
      // The answer may come before the broker's confirmation of what it answers.
      this.restarts++;
      this.inFlight.release(ack.id);
      this.flush();
      return;
    }
    if (ack.status === 'not-stored') {
      // Until the coordinator can keep updates again, further rounds become one update, which is not too old by then.
      this.onTrial = true;
      return this.options.onNotStored(ack);
    }
    // Sent before the model started again: it is no longer in flight, and waits for its lineage.
    if (ack.reason === 'other-lineage' && outbox.isAside(ack.id)) return;
    this.hellos = 0;
    this.helloBackoff.reset();
    this.inFlight.remove(ack.id);
    this.plans.judged(ack);
    await outbox.remove(ack.id);
    if (ack.status === 'rejected') onRejected(ack);
    else this.options.onAccepted(ack);
    onChange();
    this.succeeded();
    if (outbox.size === 0) this.disarm();
    else this.flush();
  }

  /** The coordinator acknowledges: what was sent and not acknowledged during a trial was lost. */
  private succeeded(): void {
    this.acknowledged = true;
    this.backoff.reset();
    const { bytes, failedBytes } = this.parts;
    if (bytes !== undefined && failedBytes !== undefined) {
      this.options.session.limitParts(bytes);
      this.options.onPartLimit(bytes, failedBytes);
    }
    this.parts.reset();
    if (!this.onTrial) return;
    this.onTrial = false;
    this.disarm();
    this.inFlight.releaseAll();
  }

  /** After the hello the updates are sent again. If the coordinator still refuses them, the waits grow. */
  private async introduce(id: string): Promise<void> {
    this.unknown.add(id);
    if (this.introduction || this.stopped) return;
    this.introduction = this.options.clock.after(this.helloBackoff.next(), () => {
      this.introduction = undefined;
      for (const refused of this.unknown) this.inFlight.release(refused);
      this.unknown.clear();
      this.flush();
    });
    this.hellos++;
    if (this.hellos === mostHellos) this.options.onUnknown(this.hellos);
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
  private onClaim({ active, instance, paused = false, term = 0 }: Message<'claim'>, retained: boolean): void {
    // One of a lower term has lost the lease: what it accepted would be lost.
    if (!active || term < this.options.session.term) return;
    this.options.onPaused(paused);
    const other = this.coordinator !== undefined && instance !== this.coordinator;
    this.coordinator = instance;
    if (other) this.plans.forget();
    if (other || !retained) this.sendAllAgain();
  }

  private sendAllAgain(): void {
    if (this.onTrial) {
      this.tryOne();
      return;
    }
    this.restarts++;
    this.inFlight.releaseAll();
    this.parts.reset();
    this.backoff.reset();
    this.flush();
  }

  /** Sends one update to find out whether updates are accepted. */
  private tryOne(): void {
    this.onTrial = true;
    this.prune();
    const { entries } = this.options.outbox;
    const next = this.inFlight.leastTried ?? entries.find(({ lineage }) => lineage === this.lineage)?.id;
    if (next !== undefined) this.inFlight.release(next);
    this.candidate = next;
    this.flush();
  }

  /** A full outbox may have dropped updates in flight, and those of another lineage are not in flight any more. */
  private prune(): void {
    const { outbox } = this.options;
    this.inFlight.prune((id) => outbox.has(id) && !outbox.isAside(id));
    this.plans.prune((id) => outbox.has(id));
  }

  /** Sends the updates that were not sent yet, oldest first, one at a time, up to the limit of updates in flight. */
  private flush(): void {
    this.again = true;
    if (!this.sending) void this.sendPending();
  }

  /** Never rejects. Repeats if it is called again meanwhile. */
  private async sendPending(): Promise<void> {
    const { outbox } = this.options;
    this.sending = true;
    while (this.again) {
      this.again = false;
      this.prune();
      for (const { id, lineage } of [...outbox.entries]) {
        if (this.stopped || !this.online || this.inFlight.size >= mostInFlight) break;
        // Before a task names the lineage, no coordinator would accept it.
        if (lineage !== this.lineage || this.inFlight.has(id)) continue;
        if (this.onTrial && id !== this.candidate) continue;
        if (!(await this.sendOne(id))) break;
      }
    }
    this.sending = false;
    this.carrier.end();
    this.arm();
  }

  /**
   * False if the connection accepts no update now. Updates that were not sent are tried again at a reconnect, or after a
   * while.
   */
  private async sendOne(id: string): Promise<boolean> {
    const { outbox, session, clock, watch } = this.options;
    try {
      // Its counter depends on what the coordinator says when it lets this gateway in.
      const admission = session.admission();
      if (admission) await admission;
    } catch {
      return false;
    }
    const bytes = await outbox.read(id);
    if (!bytes || this.stopped) return true;
    this.candidate = undefined;
    // The task may have changed meanwhile.
    if (this.isMasked && !outbox.isMasked(id)) return true;
    const { restarts } = this;
    const next = this.carrier.take(id)?.next;
    try {
      // An update that does not arrive although the coordinator is connected may be too large for the broker.
      if (this.onTrial && watch.unanswered && this.inFlight.tries(id) > 0)
        this.parts.shrink(Math.min(bytes.length, usualBytes));
      const message = { type: 'update', id, bytes, isPlanKnown: this.plans.has(id), next } as const;
      await session.sendEncoded(message, undefined, { maxPartBytes: this.parts.bytes });
    } catch (error) {
      const refusal = asFtteError(error, 'broker');
      this.carrier.failed(id);
      if (refusal.code === 'offline' || this.stopped) return false;
      this.fail(refusal);
      // An update that is too large says nothing about the others.
      const isLarge = troubleOf(refusal) === 'too-large';
      if (isLarge) this.inFlight.sent(id, clock.now());
      else this.onTrial = true;
      return isLarge;
    }
    if (!outbox.has(id)) return true;
    // A coordinator that has started meanwhile may not have received it, or have no key for it: it is not in flight.
    if (restarts === this.restarts) this.inFlight.sent(id, clock.now());
    watch.sent();
    return true;
  }

  private arm(): void {
    if (this.timer || this.stopped || this.options.outbox.size === 0) return;
    this.acknowledged = false;
    this.timer = this.options.clock.after(this.backoff.next(), () => {
      this.timer = undefined;
      if (this.acknowledged || !this.online || (this.inFlight.size === 0 && !this.onTrial)) {
        this.inFlight.releaseOverdue(this.options.clock.now());
        this.flush();
      } else this.tryOne();
    });
  }

  private disarm(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  private fail(error: unknown): void {
    this.options.onProblem(asFtteError(error, 'broker'));
  }
}

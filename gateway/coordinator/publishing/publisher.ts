import { asFtteError, type Clock, FtteError, type Log, type Timer } from '../../platform';
import type { Session } from '../../session';
import {
  type Ack,
  addressed,
  type BodyOf,
  type Grant,
  type Head,
  type MessageType,
  type Patch,
  type Snapshot,
  type Sync,
  type TaskMessage,
} from '../../wire';

import { PartLimits } from './part-limits';
import { TaskEcho } from './task-echo';

/** Options of a publisher. */
export interface PublisherOptions {
  readonly session: Session;
  readonly clock: Clock;
  readonly log: Log;
  /** A gateway gets at most one snapshot in this time. */
  readonly snapshotIntervalMs: number;
  /** The newest version as a snapshot; undefined while it is not on disk yet. */
  readonly snapshot: () => Snapshot | undefined;
  /** Called when a message cannot be sent, although the broker is connected, and when one can again (undefined). */
  readonly onUnsent: (problem: FtteError | undefined) => void;
}

/** The version that a gateway holds, its digest if it is another model, and the size of parts that it requests. */
type Held = Pick<Sync, 'lineage' | 'version' | 'maxPartBytes' | 'digest'>;

/** The field of a message that says how often labels come, if anything is to be said. */
export const withLabels = (labels: Uint8Array | undefined) => (labels ? { labels } : {});

/** Gateways whose last snapshot is remembered; more than a fleet requests at once. */
const rememberedLimit = 20_000;

/**
 * Sends the coordinator's messages without waiting for the broker: while it is away, messages wait in the transport's
 * queue, in order, and gateways replace what does not fit there by a `sync`.
 */
export class Publisher {
  /** The time from which each gateway may have its next snapshot, in the order of sending. */
  private readonly allowedAt = new Map<string, number>();
  private readonly deferred = new Map<string, Timer>();
  /** Gateways that requested a snapshot while the newest version was being written, and what they held. */
  private readonly waiting = new Map<string, Held>();
  private readonly partLimits = new PartLimits();
  /** Types of messages whose last one could not be sent, with the reason. */
  private readonly failures = new Map<MessageType, FtteError>();

  private stopped = false;
  private readonly taskEcho: TaskEcho;
  private droppedTask: FtteError | undefined;

  constructor(private readonly options: PublisherOptions) {
    const { session, clock } = options;
    this.taskEcho = new TaskEcho({
      session,
      clock,
      onDropped: (problem) => {
        this.droppedTask = problem;
        options.onUnsent(problem);
      },
    });
  }

  /** The first type of message that cannot be sent at present, and the reason. */
  get unsent(): FtteError | undefined {
    const [first] = this.failures.values();
    return first ?? this.droppedTask;
  }

  /** Sends what reaches the gateway in parts of at most `bytes`; undefined: in parts of any size. */
  limitParts(gateway: string, bytes: number | undefined): void {
    this.partLimits.set(gateway, bytes);
  }

  task(message: Omit<TaskMessage, 'type'>): void {
    const { session, clock } = this.options;
    const sentMs = clock.now();
    const sending = session.send({ type: 'task', ...message });
    this.watch(sending, 'task');
    sending
      .then(({ bytes }) => !this.stopped && this.taskEcho.confirmed(bytes, sentMs))
      .catch(() => undefined);
  }

  /** Sends the newest version's head. Call it after its checkpoint is durable and its patch is sent. */
  head(head: Omit<Head, 'type'>): void {
    this.send({ type: 'head', ...head });
  }

  /** @returns bytes of the patch on its topic */
  patch({ lineage, version, segments, delta }: Omit<Patch, 'type'>): number {
    const { session } = this.options;
    const bytes = session.encode({ type: 'patch', lineage, version, segments, delta });
    const maxPartBytes = this.partLimits.forAll;
    this.watch(session.sendEncoded({ type: 'patch', bytes }, undefined, { maxPartBytes }), 'patch');
    return addressed(bytes).length;
  }

  /** Answers the requests that waited. Call it when the newest version is on disk. */
  versionChanged(): void {
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const [gateway, held] of waiting) this.sync(gateway, held);
  }

  ack(gateway: string, ack: Omit<Ack, 'type'>): void {
    this.send({ type: 'ack', ...ack, ...(ack.detail ? { detail: ack.detail.slice(0, 500) } : {}) }, gateway);
  }

  twin(gateway: string, instance: string): void {
    this.send({ type: 'twin', instance }, gateway);
  }

  grant(gateway: string, grant: Omit<Grant, 'type'>): void {
    this.send({ type: 'grant', ...grant }, gateway);
  }

  /** Answers a gateway that is behind with a snapshot, now or as soon as its interval is over. */
  sync(gateway: string, held: Held): void {
    if (this.deferred.has(gateway)) return;
    const { clock } = this.options;
    const waitMs = (this.allowedAt.get(gateway) ?? 0) - clock.now();
    if (waitMs <= 0) {
      this.sendSnapshot(gateway, held);
      return;
    }
    if (this.deferred.size >= rememberedLimit) return;
    const later = () => {
      this.deferred.delete(gateway);
      this.sendSnapshot(gateway, held);
    };
    this.deferred.set(gateway, clock.after(waitMs, later));
  }

  /** Forgets the requests that wait. */
  stop(): void {
    this.stopped = true;
    this.taskEcho.stop();
    for (const timer of this.deferred.values()) timer.cancel();
    this.deferred.clear();
    this.waiting.clear();
  }

  private sendSnapshot(gateway: string, held: Held): void {
    const snapshot = this.options.snapshot();
    if (!snapshot) {
      // A repeated request may ask for smaller parts, although the first one was not answered yet.
      if (this.waiting.size < rememberedLimit && !this.waiting.has(gateway)) this.waiting.set(gateway, held);
      return;
    }
    const { lineage, version } = snapshot;
    const isNewest = held.lineage === lineage && held.version >= version;
    if (isNewest && held.digest === undefined) return;
    this.allowedAt.delete(gateway);
    this.allowedAt.set(gateway, this.options.clock.now() + this.options.snapshotIntervalMs);
    this.forgetOld();
    this.send(snapshot, gateway, held.maxPartBytes);
  }

  /** Removes entries whose time is over: they are in the order of their times, the oldest first. */
  private forgetOld(): void {
    const now = this.options.clock.now();
    for (const [gateway, at] of this.allowedAt) {
      if (at > now && this.allowedAt.size <= rememberedLimit) break;
      this.allowedAt.delete(gateway);
    }
  }

  private send(body: BodyOf<Exclude<MessageType, 'chunk'>>, to?: string, maxPartBytes?: number): void {
    const limit = to === undefined ? this.partLimits.forAll : this.partLimits.of(to);
    const options = { maxPartBytes: maxPartBytes ?? limit };
    this.watch(this.options.session.send(body, to, options), body.type, to);
  }

  private watch(sending: Promise<unknown>, type: MessageType, to?: string): void {
    sending.then(
      () => {
        if (this.failures.delete(type)) this.options.onUnsent(undefined);
      },
      (error) => this.fail(error, `${type}${to ? ` to ${to}` : ''}`, type),
    );
  }

  private fail(error: unknown, what: string, type: MessageType): void {
    const reason = asFtteError(error, 'broker');
    const text = `${what} was not sent: ${reason.message}`;
    if (reason.code === 'offline') {
      this.options.log.warn(text, 'send-failed');
      return;
    }
    this.failures.set(type, reason);
    this.options.onUnsent(new FtteError(reason.code, text, reason.details, { cause: reason }));
  }
}

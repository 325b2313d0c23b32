import { type Clock, FtteError, type Log, messageOf, type Random, silentLog } from '../platform';
import { type Identity, refusalOf } from '../security';
import type { Delivery, Transport, Will } from '../transport';
import {
  addressed,
  type BodyOf,
  type DropReason,
  decodeMessage,
  defaultLimits,
  dropReasonOf,
  dropReasons,
  type Envelope,
  encodeMessage,
  isProbe,
  type Message,
  type MessageType,
  messageInvalid,
  type RoleMessageType,
  routes,
  saidByTopic,
} from '../wire';
import { Arrivals } from './arrivals';
import { LastWords } from './last-words';
import { MessageReader } from './message-reader';
import { chunkOverhead, MessageSender, smallestPartBytes } from './message-sender';
import { type MessageProtection, plainProtection } from './protection/message-protection';
import { Repairs } from './repairs';
import { RetainedMessages } from './retained-messages';
import type { Drop, EncodedMessage, ExportedBytes, Replaced, SendOptions, Session } from './session-types';
import { Listeners } from './subscriptions/listeners';
import { type Info, TypeSubscriptions } from './subscriptions/type-subscriptions';
import { Terms } from './terms';
import { idOf } from './topics/message-name';
import { filterOf, readTopic, requireName, topicOf } from './topics/topics';

/** Options of a session: the gateway, the federation and the transport. */
export interface SessionOptions {
  readonly transport: Transport;
  readonly federation: string;
  /** The id of this gateway. Only one connection uses it. */
  readonly id: string;
  /** Names this run of the gateway, as the Last Will of the transport does. Default: drawn from `random`. */
  readonly instance?: string;
  readonly clock: Clock;
  /** Randomness for the names of chunked messages, and of this run. */
  readonly random: Random;
  readonly log?: Log;
  /** The largest message that is accepted, whole or from chunks, in bytes. Default 16 MiB. */
  readonly maxMessageBytes?: number;
  /** Signs and seals what leaves, and opens what enters. Default: `plainProtection`. */
  readonly protection?: MessageProtection;
  /** Decodes bytes. Default: `decodeMessage`. If one process holds many sessions, they share a decoder with a cache. */
  readonly decode?: typeof decodeMessage;
}

/**
 * The conversation of one gateway with a federation over one transport; the owner opens and closes the transport. It
 * sends `presence` at each connection and at an orderly stop. It splits messages that are larger than the broker
 * accepts. It refuses everything that is not a message of this federation on a topic where its sender may write.
 */
export class TransportSession implements Session {
  readonly federation: string;
  readonly id: string;
  readonly instance: string;
  readonly dropped: Record<DropReason, number>;
  private readonly transport: Transport;
  private readonly log: Log;
  private readonly protection: MessageProtection;
  private readonly reader: MessageReader;
  private readonly sender: MessageSender;
  private readonly subscriptions: TypeSubscriptions;
  private readonly retained = new RetainedMessages();
  private readonly presenceRepairs: Repairs<'presence'>;
  private readonly lastWords: LastWords;
  private readonly dropListeners: Listeners<Drop>;
  private readonly replacedListeners: Listeners<Replaced>;
  private readonly clock: Clock;
  private sequence = 0;
  private coordinatorMs: number | undefined;
  private readonly arrivals = new Arrivals();
  private stopListening: (() => void) | undefined;
  private readonly terms = new Terms();

  /**
   * The presence message for the Last Will of a transport. It is made before the transport.
   * @param instance of the session; without it the will counts for any run of the gateway
   */
  static will(federation: string, id: string, instance?: string): Will {
    const envelope = { federation: '', sender: '', sequence: 0 };
    return {
      topic: topicOf(federation, 'presence', id),
      payload: encodeMessage(envelope, { type: 'presence', online: false, ...(instance && { instance }) }),
      retain: routes.presence.retain,
    };
  }

  /** @throws FtteError `config-invalid` if the federation or the id cannot be part of a topic */
  constructor(options: SessionOptions) {
    this.federation = requireName('federation', options.federation);
    this.id = requireName('gateway', options.id);
    this.instance = options.instance ?? options.random.hex(8);
    this.transport = options.transport;
    this.protection = options.protection ?? plainProtection;
    this.clock = options.clock;
    this.log = options.log ?? silentLog;
    this.dropListeners = new Listeners('drops', this.log);
    this.replacedListeners = new Listeners('replaced messages', this.log);
    this.subscriptions = new TypeSubscriptions({
      transport: options.transport,
      log: this.log,
      filter: (type) => filterOf(this.federation, type, this.id),
      deliver: (delivery) => this.deliver(delivery),
    });
    this.dropped = Object.fromEntries(dropReasons.map((reason) => [reason, 0])) as Record<DropReason, number>;
    this.reader = new MessageReader({
      federation: this.federation,
      clock: options.clock,
      maxMessageBytes: options.maxMessageBytes ?? defaultLimits.maxBytes,
      decode: options.decode ?? decodeMessage,
      onLost: (detail, sender) => this.drop({ reason: 'chunk', detail, topic: undefined, sender }),
    });
    this.sender = new MessageSender({
      ...options,
      protection: this.protection,
      log: this.log,
      encodeChunk: (chunk, type) => encodeMessage(this.envelopeOnTopic(type, false), chunk),
    });
    this.presenceRepairs = new Repairs({ clock: options.clock, repair: () => this.sayOnline() });
    this.lastWords = new LastWords({
      clock: options.clock,
      isOnline: () => this.stopListening !== undefined && this.transport.state === 'online',
      send: (body) => this.publishOrLog(body),
    });
  }

  /** Announces this gateway at each connection from this time on. */
  start(): void {
    if (this.stopListening) return;
    const { transport, federation, id, clock } = this;
    this.protection.start({
      transport,
      federation,
      id,
      clock,
      deliver: (delivery) => this.deliver(delivery),
      refuse: (error, topic) => this.refuse(error, topic),
    });
    this.stopListening = this.transport.onState((state) => {
      if (state !== 'online') return;
      this.sayOnline();
      void this.lastWords.sayDue();
    });
  }

  /**
   * Announces that this gateway leaves, if there is a connection, and ends its subscriptions. The transport stays open.
   */
  async stop(): Promise<void> {
    const stopListening = this.stopListening;
    this.stopListening = undefined;
    stopListening?.();
    this.presenceRepairs.stop();
    this.reader.clear();
    await this.subscriptions.endAll();
    if (stopListening && this.transport.state === 'online')
      await Promise.all([this.lastWords.sayAll(), this.publishOrLog(this.presenceOf(false))]);
    this.lastWords.clear();
    this.protection.stop();
  }

  /**
   * Resolves when the broker has all parts of the message.
   * @throws FtteError `offline` if the message cannot be queued; `broker` (`too-large`) if a retained message
   * is larger than the broker accepts, since parts cannot be retained
   */
  async send(body: BodyOf<RoleMessageType>, to?: string, options?: SendOptions): Promise<{ bytes: number }> {
    const { type } = body;
    this.lastWords.cancel(type);
    const bytes = encodeMessage(this.envelopeOnTopic(type), body);
    if (routes[type].retain && options?.retain !== false) this.retained.add(type, this.topicOf(type), bytes);
    return this.sender.send({ type, ...idOf(body), bytes }, to, options);
  }

  sendEncoded(message: EncodedMessage, to?: string, options?: SendOptions): Promise<{ bytes: number }> {
    const { type } = message;
    const bytes = addressed(message.bytes, message);
    if (routes[type].retain) this.retained.add(type, this.topicOf(type), bytes);
    return this.sender.send({ ...message, bytes }, to, options);
  }

  sendLast(body: BodyOf<RoleMessageType>, afterMs: number): void {
    this.lastWords.add(body, afterMs);
  }

  subscribe<T extends RoleMessageType>(
    type: T,
    handler: (message: Message<T>, info: Info) => void,
  ): Promise<() => Promise<void>> {
    return this.subscriptions.add(type, handler);
  }

  confirmEach(type: RoleMessageType): void {
    this.subscriptions.confirmEach(type);
  }

  encode(body: BodyOf<RoleMessageType>): Uint8Array {
    return encodeMessage(this.envelopeOf(body.type), body);
  }

  exported(bytes: Uint8Array): ExportedBytes | undefined {
    return this.protection === plainProtection ? (bytes as ExportedBytes) : undefined;
  }

  receive(bytes: Uint8Array): void {
    if (this.protection !== plainProtection)
      throw new FtteError(
        'message-invalid',
        'bytes came by another way than the broker, expected none: this federation has invitations, and such bytes are neither signed nor sealed. A transport of your own needs an open federation',
      );
    const message = this.admit(bytes, undefined);
    if (message instanceof FtteError) throw message;
    if (message) this.subscriptions.dispatch(message, { bytes: bytes.length, retained: false });
  }

  onDrop(listener: (drop: Drop) => void): () => void {
    return this.dropListeners.add(listener);
  }

  onReplaced(listener: (replaced: Replaced) => void): () => void {
    return this.replacedListeners.add(listener);
  }

  topicOf(type: RoleMessageType, gateway = this.id): string {
    return topicOf(this.federation, type, gateway);
  }

  get term(): number {
    return this.terms.highest;
  }

  lead(term: number): void {
    this.terms.lead(term);
  }

  get updateCounter(): number | undefined {
    return this.protection.updateCounter;
  }

  get identity(): Identity | undefined {
    return this.protection.identity;
  }

  memberKey(gateway: string): Uint8Array | undefined {
    return this.protection.memberKey?.(gateway);
  }

  admission(): Promise<void> | undefined {
    return this.protection.admission();
  }

  get hasMembers(): boolean {
    return this.protection.hasMembers;
  }

  countUpdates(next: (gateway: string) => number): void {
    this.protection.countUpdates(next);
  }

  get coordinatorSeenMs(): number | undefined {
    return this.coordinatorMs;
  }

  receivedMs(type: RoleMessageType, leastBytes = 0): number | undefined {
    return this.arrivals.lastMs(type, leastBytes);
  }

  get dropsSilently(): boolean {
    return this.transport.dropsSilently ?? false;
  }

  get partLimitBytes(): number | undefined {
    return this.sender.partLimitBytes;
  }

  limitParts(bytes: number): void {
    // The parts that passed were smaller, and a whole message of this size may not pass.
    this.sender.partLimitBytes = Math.max(smallestPartBytes, bytes - chunkOverhead);
  }

  /** Notes when a message arrived that was accepted. */
  private note(topic: string, retained: boolean, bytes: number): void {
    const place = readTopic(this.federation, topic);
    if (!place) return;
    const now = this.clock.now();
    this.arrivals.add(place.type, bytes, now);
    if (!retained && place.branch !== 'gw') this.coordinatorMs = now;
  }

  private presenceOf(online: boolean): BodyOf<'presence'> {
    return { type: 'presence', online, instance: this.instance };
  }

  private sayOnline(): void {
    void this.publishOrLog(this.presenceOf(true));
  }

  /** Sends a message on which nothing waits. A failure is logged. */
  private async publishOrLog(body: BodyOf<RoleMessageType>): Promise<void> {
    await this.send(body).catch((error) => this.log.warn(messageOf(error), 'send-failed'));
  }

  private envelopeOf(type: MessageType): Envelope {
    const term = this.terms.of(type);
    return {
      federation: this.federation,
      sender: this.id,
      ...(type === 'presence' && { sequence: ++this.sequence }),
      ...(term > 0 && { term }),
    };
  }

  /** The envelope without what the topic of a type says. @param withTerm of the coordinator */
  private envelopeOnTopic(type: RoleMessageType, withTerm = true): Envelope {
    const { term, ...envelope } = this.envelopeOf(type);
    const left = Object.fromEntries(saidByTopic(routes[type].branch).map((name) => [name, '']));
    return { ...envelope, ...left, ...(withTerm && term !== undefined && { term }) };
  }

  /** The one place where bytes enter. Empty bytes mean that a retained message was cleared, and a probe is for no role. */
  private deliver(delivery: Delivery): void {
    try {
      const { payload } = delivery;
      const isBare = payload.length === 0 || isProbe(payload);
      const opened = isBare ? payload : this.protection.open(delivery);
      if (opened instanceof Promise)
        opened
          .then((bytes) => this.take(delivery, bytes))
          .catch((error) => this.refuseDelivery(error, delivery));
      else this.take(delivery, opened);
    } catch (error) {
      this.refuseDelivery(error, delivery);
    }
  }

  /** @param bytes the content of the delivery; undefined if there is none for a role */
  private take({ topic, payload, retained }: Delivery, bytes: Uint8Array | undefined): void {
    if (!bytes) return;
    const replaced = this.retained.replacedBy(topic, bytes);
    const wiped = bytes.length === 0;
    const probed = isProbe(bytes);
    const message = wiped || probed ? undefined : this.admit(bytes, topic);
    const valid = message instanceof FtteError ? undefined : message;
    if (replaced) this.reportReplaced({ type: replaced, wiped, probed, message: valid });
    if (wiped || probed || message instanceof FtteError) return;
    this.note(topic, retained, payload.length);
    if (message) this.subscriptions.dispatch(message, { bytes: payload.length, retained });
  }

  /** A message that the protection does not let in. If it took the place of a retained one of this session, that is repaired. */
  private refuseDelivery(error: unknown, { topic, payload }: Delivery): void {
    this.refuse(error, topic);
    const replaced = refusalOf(error) === 'repeated' ? undefined : this.retained.replacedBy(topic, payload);
    if (replaced) this.reportReplaced({ type: replaced, wiped: false, probed: false, message: undefined });
  }

  private refuse(error: unknown, topic: string): void {
    const sender = readTopic(this.federation, topic)?.gateway;
    const refusal = refusalOf(error);
    this.drop({
      reason: 'security',
      detail: messageOf(error),
      topic,
      ...(sender !== undefined && { sender }),
      ...(refusal && { refusal }),
    });
  }

  /**
   * A retained message of this session is no longer at the broker. What the message says is for its role to repair; but
   * this gateway is connected, whatever a late Last Will says.
   */
  private reportReplaced(replaced: Replaced): void {
    // At a connection everything is sent again.
    if (this.transport.state !== 'online' || !this.stopListening) return;
    const { type, message } = replaced;
    const isElsewhere = message?.type === 'presence' && message.online;
    if (type === 'presence' && !isElsewhere) this.presenceRepairs.need('presence');
    this.replacedListeners.call(replaced);
  }

  /**
   * Validates a message that came. Undefined for a part of a message that is not complete yet. A refused message is
   * counted and reported.
   */
  private admit(
    bytes: Uint8Array,
    topic: string | undefined,
  ): Message<RoleMessageType> | FtteError | undefined {
    try {
      const message = this.reader.read(bytes, topic);
      if (message) this.terms.check(message);
      return message;
    } catch (error) {
      const refused = error instanceof FtteError ? error : messageInvalid('not-cbor', messageOf(error));
      const { sender, type, id } = refused.details;
      this.drop({
        reason: dropReasonOf(refused) ?? 'not-cbor',
        detail: refused.message,
        topic,
        ...(typeof sender === 'string' ? { sender } : {}),
        ...(typeof type === 'string' ? { type } : {}),
        ...(typeof id === 'string' ? { id } : {}),
      });
      return refused;
    }
  }

  private drop(drop: Drop): void {
    this.dropped[drop.reason]++;
    this.log.debug?.(
      `dropped ${drop.type ?? 'bytes'} from ${drop.sender ?? 'an unknown sender'}: ${drop.detail}`,
    );
    this.dropListeners.call(drop);
  }
}

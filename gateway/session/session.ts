import { type Clock, FtteError, type Log, messageOf, type Random, silentLog } from '../platform';
import type { Delivery, Transport, Will } from '../transport';
import {
  type BodyOf,
  type DropReason,
  decodeMessage,
  defaultLimits,
  dropReasonOf,
  dropReasons,
  encodeMessage,
  type Message,
  messageInvalid,
  type RoleMessageType,
  routes,
} from '../wire';
import { Reassembly, splitBytes } from './chunks';
import type { Drop, EncodedMessage, Session } from './session-types';
import { filterOf, readTopic, requireName, topicOf } from './topics';

/** Whose conversation it is, and over what. */
export interface SessionOptions {
  readonly transport: Transport;
  readonly federation: string;
  /** This gateway's id; one a connection. */
  readonly id: string;
  readonly clock: Clock;
  /** Names chunked messages. */
  readonly random: Random;
  readonly log?: Log;
  /** Largest message taken or put together from chunks. Default 16 MiB. */
  readonly maxMessageBytes?: number;
  /** Reads bytes. Default: `decodeMessage`; many sessions in one process hand in one that remembers. */
  readonly decode?: typeof decodeMessage;
}

type Info = { readonly bytes: number; readonly retained: boolean };
type Handler = (message: Message<RoleMessageType>, info: Info) => void;

/** What is heard of one type: one subscription, whatever the number of handlers. */
interface Heard {
  readonly feed: Promise<() => Promise<void>>;
  /** The broker has confirmed the subscription. */
  stands: boolean;
  handlers: readonly Handler[];
}

/** Room that a chunk's own fields take beside its bytes, with the longest names. */
const chunkOverhead = 320;

/**
 * One gateway's conversation in a federation over one transport, whose life is its owner's. Says `presence` at each
 * connection and at a good stop; splits what is larger than the broker takes; lets nothing in that is not a message
 * of this federation, on the topic where its sender may write.
 */
export class TransportSession implements Session {
  readonly federation: string;
  readonly id: string;
  readonly dropped: Record<DropReason, number>;
  private readonly transport: Transport;
  private readonly log: Log;
  private readonly maxMessageBytes: number;
  private readonly decode: typeof decodeMessage;
  private readonly reassembly: Reassembly;
  private readonly hearing = new Map<RoleMessageType, Heard>();
  private readonly ends = new Set<() => Promise<void>>();
  private dropListeners: readonly ((drop: Drop) => void)[] = [];
  private sequence = 0;
  private stopListening: (() => void) | undefined;

  /** The presence message for a transport's Last Will, to be made before the transport. */
  static will(federation: string, id: string): Will {
    const envelope = { federation, sender: id, sequence: 0 };
    return {
      topic: topicOf(federation, 'presence', id),
      payload: encodeMessage(envelope, { type: 'presence', online: false }),
      retain: routes.presence.retain,
    };
  }

  /** @throws FtteError `config-invalid` for a federation or id that cannot be part of a topic */
  constructor(private readonly options: SessionOptions) {
    this.federation = requireName('federation', options.federation);
    this.id = requireName('gateway', options.id);
    this.transport = options.transport;
    this.log = options.log ?? silentLog;
    this.maxMessageBytes = options.maxMessageBytes ?? defaultLimits.maxBytes;
    this.dropped = Object.fromEntries(dropReasons.map((reason) => [reason, 0])) as Record<DropReason, number>;
    this.decode = options.decode ?? decodeMessage;
    const limits = {
      maxMessageBytes: this.maxMessageBytes,
      maxBytes: 2 * this.maxMessageBytes,
      maxParts: 4096,
      maxPerSender: 2,
      maxOpen: 512,
      maxAgeMs: 60_000,
    };
    this.reassembly = new Reassembly(limits, options.clock, (detail, sender) =>
      this.drop({ reason: 'chunk', detail, topic: undefined, sender }),
    );
  }

  /** Says from now on at each connection that this gateway is there. */
  start(): void {
    this.stopListening ??= this.transport.onState((state) => {
      if (state === 'online') this.say(true).catch((error) => this.log.warn(messageOf(error)));
    });
  }

  /** Says that this gateway has gone, if there is a connection, and stops hearing. The transport stays open. */
  async stop(): Promise<void> {
    const stopListening = this.stopListening;
    this.stopListening = undefined;
    stopListening?.();
    this.reassembly.clear();
    await Promise.allSettled([...this.ends].map((end) => end()));
    if (stopListening && this.transport.state === 'online')
      await this.say(false).catch((error) => this.log.warn(messageOf(error)));
  }

  /**
   * Resolves when the broker has the message (all parts of it).
   * @throws FtteError `offline` when it cannot be queued; `message-invalid` (`oversize`) when a retained message is
   *         larger than the broker takes, since parts cannot be retained
   */
  async send(body: BodyOf<RoleMessageType>, to?: string): Promise<{ bytes: number }> {
    return this.publish({ type: body.type, ...idOf(body), bytes: this.encode(body) }, to);
  }

  sendEncoded(message: EncodedMessage, to?: string): Promise<{ bytes: number }> {
    this.sequence++;
    return this.publish(message, to);
  }

  async subscribe<T extends RoleMessageType>(
    type: T,
    handler: (message: Message<T>, info: Info) => void,
  ): Promise<() => Promise<void>> {
    // `dispatch` gives it messages of `type` only.
    const entry: Handler = (message, info) => handler(message as Message<T>, info);
    const heard = this.heard(type);
    heard.handlers = [...heard.handlers, entry];
    let ended = false;
    const end = async () => {
      if (ended) return;
      ended = true;
      this.ends.delete(end);
      heard.handlers = heard.handlers.filter((other) => other !== entry);
      if (heard.handlers.length > 0) return;
      if (this.hearing.get(type) === heard) this.hearing.delete(type);
      const over = heard.feed.then((unsubscribe) => unsubscribe());
      // Without a connection there is nothing to end yet: nobody has to wait for one.
      if (heard.stands) await over;
      else over.catch(() => undefined);
    };
    this.ends.add(end);
    try {
      await heard.feed;
      // A second listener wants what is retained, too: subscribing again makes the broker repeat it.
      if (heard.handlers[0] !== entry && routes[type].retain)
        await (await this.transport.subscribe(this.filter(type), () => undefined))();
      return end;
    } catch (error) {
      if (this.hearing.get(type) === heard) this.hearing.delete(type);
      this.ends.delete(end);
      throw error;
    }
  }

  encode(body: BodyOf<RoleMessageType>): Uint8Array {
    return encodeMessage({ federation: this.federation, sender: this.id, sequence: this.sequence++ }, body);
  }

  receive(bytes: Uint8Array): void {
    const message = this.admit(bytes, undefined);
    if (message instanceof FtteError) throw message;
    if (message) this.dispatch(message, { bytes: bytes.length, retained: false });
  }

  onDrop(listener: (drop: Drop) => void): () => void {
    const entry = (drop: Drop) => listener(drop);
    this.dropListeners = [...this.dropListeners, entry];
    return () => {
      this.dropListeners = this.dropListeners.filter((other) => other !== entry);
    };
  }

  private async say(online: boolean): Promise<void> {
    await this.send({ type: 'presence', online });
  }

  private filter(type: RoleMessageType): string {
    return filterOf(this.federation, type, this.id);
  }

  private heard(type: RoleMessageType): Heard {
    const known = this.hearing.get(type);
    if (known) return known;
    const feed = this.transport.subscribe(this.filter(type), (delivery) => this.deliver(delivery));
    const heard: Heard = { feed, stands: false, handlers: [] };
    feed.then(
      () => {
        heard.stands = true;
      },
      () => undefined,
    );
    this.hearing.set(type, heard);
    return heard;
  }

  private deliver({ topic, payload, retained }: Delivery): void {
    // Empty bytes say that a retained message was cleared.
    if (payload.length === 0) return;
    const message = this.admit(payload, topic);
    if (message && !(message instanceof FtteError))
      this.dispatch(message, { bytes: payload.length, retained });
  }

  private dispatch(message: Message<RoleMessageType>, info: Info): void {
    this.log.debug?.(
      `received ${named(message.type, idOf(message).id)} from ${message.sender}: ${info.bytes} bytes${info.retained ? ', retained' : ''}`,
    );
    for (const handler of this.hearing.get(message.type)?.handlers ?? []) {
      try {
        handler(message, info);
      } catch (error) {
        this.log.error(`hearing ${message.type} of ${message.sender} failed: ${messageOf(error)}`);
      }
    }
  }

  /** The one door. Undefined: a part of a message that is not whole yet. What is refused is counted and told. */
  private admit(
    bytes: Uint8Array,
    topic: string | undefined,
  ): Message<RoleMessageType> | FtteError | undefined {
    try {
      const message = this.read(bytes, topic);
      if (message.type !== 'chunk') return message;
      const whole = this.assemble(message, topic);
      if (!whole) return undefined;
      const inner = this.read(whole, topic);
      if (inner.type === 'chunk')
        throw messageInvalid('chunk', 'a chunk inside chunks', { sender: inner.sender });
      if (inner.sender !== message.sender)
        throw messageInvalid('chunk', `a message of ${inner.sender} in chunks of ${message.sender}`);
      return inner;
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

  private read(bytes: Uint8Array, topic: string | undefined): Message {
    const message = this.decode(bytes, { ...defaultLimits, maxBytes: this.maxMessageBytes });
    const { sender, type, federation } = message;
    if (federation !== this.federation)
      throw messageInvalid('federation', `message of federation ${federation}, this is ${this.federation}`);
    if (topic === undefined) return message;
    const place = readTopic(this.federation, topic);
    if (!place) throw messageInvalid('topic', `${topic} is no topic of the protocol`);
    if (place.branch === 'gw' && place.gateway !== sender)
      throw messageInvalid('topic', `message of ${sender} on the topic of ${place.gateway}`);
    if (type !== 'chunk' && type !== place.type)
      throw messageInvalid('type', `${type} on the topic of ${place.type}`, { sender });
    return message;
  }

  private assemble(chunk: Message<'chunk'>, topic: string | undefined): Uint8Array | undefined {
    try {
      return this.reassembly.take(chunk, topic ?? '');
    } catch (error) {
      throw messageInvalid('chunk', `chunk: ${messageOf(error)}`, { sender: chunk.sender });
    }
  }

  private drop(drop: Drop): void {
    this.dropped[drop.reason]++;
    this.log.debug?.(`dropped ${drop.type ?? 'bytes'} from ${drop.sender ?? 'nobody known'}: ${drop.detail}`);
    for (const listener of this.dropListeners) {
      try {
        listener(drop);
      } catch (error) {
        this.log.error(`a listener to drops failed: ${messageOf(error)}`);
      }
    }
  }

  private async publish({ type, id, bytes }: EncodedMessage, to?: string): Promise<{ bytes: number }> {
    const { branch, qos, retain } = routes[type];
    if (branch === 'to' && to === undefined)
      throw new FtteError('config-invalid', `${type} needs the gateway it is for`, { field: 'to' });
    const topic = topicOf(this.federation, type, branch === 'to' ? (to ?? '') : this.id);
    const room = this.transport.maxPayloadBytes;
    if (bytes.length <= room) {
      await this.transport.publish(topic, bytes, { qos, retain });
      this.log.debug?.(`sent ${named(type, id)}${to ? ` to ${to}` : ''}: ${bytes.length} bytes`);
      return { bytes: bytes.length };
    }
    if (retain || room <= 2 * chunkOverhead)
      throw messageInvalid('oversize', `${type} has ${bytes.length} bytes, the broker takes ${room}`);
    const sent = await this.sendParts(topic, bytes, room - chunkOverhead);
    this.log.debug?.(`sent ${named(type, id)}${to ? ` to ${to}` : ''} in parts: ${sent} bytes`);
    return { bytes: sent };
  }

  /** Parts go to the topic of the whole, each a message of its own. */
  private async sendParts(topic: string, message: Uint8Array, partBytes: number): Promise<number> {
    const id = this.options.random.hex(8);
    const parts = splitBytes(message, partBytes);
    const encoded = parts.map((bytes, index) => {
      const envelope = { federation: this.federation, sender: this.id, sequence: this.sequence++ };
      return encodeMessage(envelope, { type: 'chunk', id, index, count: parts.length, bytes });
    });
    await Promise.all(encoded.map((part) => this.transport.publish(topic, part, { qos: 1 })));
    return encoded.reduce((sum, part) => sum + part.length, 0);
  }
}

/** The id of a message that has one: of an update, a grant, an acknowledgement. */
const idOf = (body: object): { id?: string } =>
  'id' in body && typeof body.id === 'string' ? { id: body.id } : {};

const named = (type: string, id: string | undefined) => (id === undefined ? type : `${type} ${id}`);

import { messageOf, yieldToEventLoop } from '../../platform';
import {
  CoordinatorPairing,
  type CoordinatorPairingOptions,
  encodeWelcome,
  externalData,
  GroupReceiver,
  GroupSender,
  type JoinRefusal,
  joinRefusalOf,
  type MemberRegistry,
  type PublicKey,
  readClaim,
  readPresence,
  readSign1,
  SecurityError,
  sign1,
} from '../../security';
import type { Delivery, Transport, Will } from '../../transport';
import { decodeMessage } from '../../wire';
import { envelopeTopic, isRetained, readTopic, topicOf } from '../topics/topics';
import { MessageMeter, mostAtOnce, perSecond } from './message-meter';
import { type MessageProtection, type ProtectionLink, partOverheadBytes } from './message-protection';
import { PresenceOrder } from './presence-order';
import { RefusalReplies } from './refusal-replies';
import { SignatureBudget } from './signature-budget';

/** Options of a `CoordinatorProtection`. */
export interface CoordinatorProtectionOptions extends CoordinatorPairingOptions {
  /** The coordinator's id. */
  readonly id: string;
  readonly registry: MemberRegistry;
  /** Called for each gateway that is not let in, which whoever has the broker's password can cause, and for one that floods. */
  readonly onRefused?: (refused: RefusedGateway) => void;
}

/** A gateway that said hello and is not let in, or a member that sends too much. */
export interface RefusedGateway {
  readonly gateway: string;
  readonly reason: JoinRefusal | 'flood';
  /** For a person, with what to do. */
  readonly text: string;
}

/** The code of the notice about it. */
export const codeOfRefused = ({ reason }: RefusedGateway) =>
  reason === 'flood' ? 'member-floods' : 'member-refused';

/** Presences that wait until their gateway is a member: it connects before it says hello. */
const mostEarly = 256;
const mostEarlyBytes = 1024;
/** Welcomes that are sealed between two turns of the event loop. */
const welcomesAtATime = 16;
/** Welcomes that wait for the broker at a time: its queue has room for other messages. */
const mostWelcomes = 128;

/**
 * The door of a coordinator in a protected federation (P-31, P-32): it admits members, welcomes them with the group key,
 * signs and seals broadcasts, and opens what members send.
 */
export class CoordinatorProtection implements MessageProtection {
  readonly overheadBytes = partOverheadBytes;
  readonly hasMembers = true;
  private readonly pairing: CoordinatorPairing;
  private readonly group: GroupSender;
  /** Its own broadcasts come back to it, so that it sees when one was overwritten. */
  private readonly own: GroupReceiver;
  /** The newest retained broadcast of each topic, to be sealed again under the next group key. */
  private readonly retained = new Map<string, Uint8Array>();
  /** By topic, the newest of gateways that are not members yet. */
  private readonly early = new Map<string, Delivery>();
  private readonly presences = new PresenceOrder();
  private readonly meter = new MessageMeter(() => this.link?.clock);
  private readonly budget = new SignatureBudget(() => this.link?.clock);
  private readonly replies: RefusalReplies;
  private link: ProtectionLink | undefined;
  private nextCounter: (gateway: string) => number = () => 0;

  constructor(private readonly options: CoordinatorProtectionOptions) {
    const { identity, federation, run } = options;
    this.pairing = new CoordinatorPairing(options);
    this.group = new GroupSender({ ...options, epoch: run });
    this.own = new GroupReceiver(federation, identity.publicKey);
    this.own.welcome(this.group.secret);
    this.replies = new RefusalReplies({
      identity,
      federation,
      now: () => this.link?.clock.now() ?? 0,
      send: (topic, bytes) => void this.publish(topic, bytes, false),
    });
  }

  /** The coordinator's public key. */
  get key(): PublicKey {
    return this.options.identity.publicKey;
  }

  /** Its own node trains nothing. */
  get updateCounter(): undefined {
    return undefined;
  }

  get identity() {
    return this.options.identity;
  }

  memberKey(gateway: string): Uint8Array | undefined {
    const member = this.options.registry.member(gateway);
    return member?.revokedMs === undefined ? member?.key.bytes : undefined;
  }

  admission(): undefined {
    return undefined;
  }

  countUpdates(next: (gateway: string) => number): void {
    this.nextCounter = next;
  }

  protectWill(will: Will): Will {
    return { ...will, payload: this.signed(will.topic, will.payload) };
  }

  start(link: ProtectionLink): void {
    this.link = link;
  }

  stop(): void {
    this.early.clear();
    this.link = undefined;
  }

  protect(topic: string, bytes: Uint8Array): Uint8Array {
    const place = readTopic(this.options.federation, topic);
    if (place?.branch === 'all' && place.type === 'claim')
      return this.pairing.claim(topic, bytes, this.termOf(bytes));
    if (place?.branch === 'all') {
      if (isRetained(place.type)) this.retained.set(topic, Uint8Array.from(bytes));
      return this.group.seal(topic, bytes);
    }
    if (place?.branch === 'to' && place.gateway !== undefined && place.gateway !== this.options.id) {
      this.options.registry.requireActive(place.gateway);
      return this.pairing.pairOf(place.gateway).sealer.seal(topic, bytes);
    }
    return this.signed(topic, bytes);
  }

  open(delivery: Delivery): Uint8Array | undefined | Promise<Uint8Array | undefined> {
    const { topic, payload } = delivery;
    const { federation, identity, registry } = this.options;
    const { branch, gateway = '', type = '' } = readTopic(federation, topic) ?? {};
    if (branch === 'all' && type === 'claim')
      return readClaim(payload, topic, { federation, coordinator: identity.publicKey }).content;
    if (branch === 'all') return this.own.open(topic, payload, isRetained(type));
    // A node of this machine that predicts asks for the model over the same session.
    if (gateway === this.options.id && type !== 'hello' && (branch === 'gw' || branch === 'to'))
      return this.openOwn(delivery);
    if (branch !== 'gw') throw new SecurityError('no-pair', `there is no key for a message on ${topic}`);
    this.refuseFlood(gateway);
    if (type === 'hello') return this.takeHello(topic, gateway, payload);
    if (type === 'presence') return this.openPresence(delivery, gateway);
    registry.requireActive(gateway);
    const opened = this.pairing.pairOf(gateway).opener.open(topic, payload).payload;
    this.meter.count(gateway);
    return opened;
  }

  /**
   * Revokes a member, and gives all others a new group key: what it has opened until now it has, and it opens nothing more.
   * @throws SecurityError `not-a-member`; FtteError `storage` if it is not on disk yet (it is revoked nevertheless)
   */
  async revoke(gateway: string, note?: string): Promise<void> {
    const { registry } = this.options;
    const written = registry.revoke(gateway, note);
    // In any case handled below, also if the disk is slower than the welcomes.
    written.catch(() => undefined);
    if (registry.member(gateway)?.revokedMs === undefined) return void (await written);
    const hello = this.pairing.helloOf(gateway);
    if (hello) this.replies.send(gateway, hello.digest, 'revoked');
    this.own.welcome(this.group.rotate());
    await this.welcomeAll();
    for (const [topic, bytes] of this.retained) void this.publish(topic, this.group.seal(topic, bytes), true);
    await written;
  }

  /** Drops what a member sends beyond the bound (P-35), before it costs more than a look at its topic. */
  private refuseFlood(gateway: string): void {
    if (!this.meter.isOver(gateway)) return;
    const text = `${gateway} sends more than ${perSecond} messages per second, after ${mostAtOnce} at once: the others are dropped`;
    this.options.onRefused?.({ gateway, reason: 'flood', text });
    throw new SecurityError('flood', text, { gateway });
  }

  private openPresence(delivery: Delivery, gateway: string): Uint8Array | undefined {
    const { registry } = this.options;
    const { topic, payload } = delivery;
    if (!registry.member(gateway) && payload.length <= mostEarlyBytes) {
      this.hold(delivery);
      return undefined;
    }
    const { key } = registry.requireActive(gateway);
    this.budget.require('presence');
    const presence = readPresence(payload, topic, key);
    const { counts, isNew } = this.presences.take(gateway, presence, delivery);
    if (isNew) {
      this.budget.giveBack('presence');
      this.meter.count(gateway);
    }
    return counts ? presence.content : undefined;
  }

  private openOwn({ topic, payload }: Delivery): Uint8Array {
    const message = readSign1(payload);
    message.verify(this.key, externalData(topic));
    return message.payload;
  }

  /** Keeps a presence for the time when its gateway has joined. The oldest make room. */
  private hold(delivery: Delivery): void {
    this.early.delete(delivery.topic);
    this.early.set(delivery.topic, delivery);
    const [oldest] = this.early.keys();
    if (this.early.size <= mostEarly || oldest === undefined) return;
    this.early.delete(oldest);
    this.link?.refuse(new SecurityError('not-a-member', 'presence of a gateway that is no member'), oldest);
  }

  private async takeHello(
    topic: string,
    gateway: string,
    payload: Uint8Array,
  ): Promise<Uint8Array | undefined> {
    let kind: 'hello of a member' | 'hello of a stranger' = 'hello of a stranger';
    const hello = this.pairing.readHello(topic, gateway, payload, (key) => {
      if (this.options.registry.member(gateway)?.key.equals(key)) kind = 'hello of a member';
      this.budget.require(kind);
    });
    try {
      // P-26.
      if (gateway === this.options.id)
        throw new SecurityError(
          'other-key',
          `${gateway} is the id of the coordinator. Name the gateway otherwise`,
          {
            gateway,
            fingerprint: hello.key.fingerprint,
          },
        );
      await this.options.registry.admit(hello);
    } catch (error) {
      const reason = joinRefusalOf(error);
      if (reason) {
        this.replies.send(gateway, hello.digest, reason);
        this.options.onRefused?.({ gateway, reason, text: messageOf(error) });
      }
      throw error;
    }
    // One that comes again was answered: a gateway that lacks the answer says another one. Whoever has recorded it can send it.
    const before = this.pairing.helloOf(gateway);
    const isNew = before?.digest !== hello.digest;
    // P-29: another start. If the one before is not over, it is another machine, which could open nothing from now on.
    if (before && hello.run > before.run) this.replies.send(gateway, before.digest, 'second-machine');
    this.pairing.pairWith(hello);
    if (isNew) {
      this.budget.giveBack(kind);
      this.meter.count(gateway);
      void this.welcome(gateway);
    }
    const presence = topicOf(this.options.federation, 'presence', gateway);
    const { run, presence: number = 0 } = hello;
    const early = this.presences.introduced(gateway, { run, number }) ?? this.early.get(presence);
    this.early.delete(presence);
    if (early) this.link?.deliver(early);
    return hello.content.length > 0 ? hello.content : undefined;
  }

  /**
   * Gives all members the group key, in turns and no faster than the broker takes it in. Without a connection it ends: a member
   * that meets a key which it does not have says hello.
   */
  private async welcomeAll(): Promise<void> {
    const { registry } = this.options;
    let waiting: Promise<void>[] = [];
    let sealed = 0;
    for (const gateway of this.pairing.gateways) {
      const { transport } = this.link ?? {};
      if (transport?.state !== 'online') return;
      if (registry.member(gateway)?.revokedMs !== undefined) continue;
      waiting.push(this.welcome(gateway));
      if (++sealed % welcomesAtATime === 0) await yieldToEventLoop();
      if (waiting.length < mostWelcomes) continue;
      await takenIn(waiting, transport);
      waiting = [];
    }
  }

  private welcome(gateway: string): Promise<void> {
    const topic = envelopeTopic(this.options.federation, gateway, 'welcome');
    const content = encodeWelcome({ ...this.group.secret, counter: this.nextCounter(gateway) });
    return this.publish(topic, this.pairing.pairOf(gateway).sealer.seal(topic, content), false);
  }

  /** Never rejects: a failure is reported. */
  private async publish(topic: string, bytes: Uint8Array, retain: boolean): Promise<void> {
    const { link } = this;
    const sent = link?.transport.publish(topic, bytes, { qos: 1, retain });
    await sent?.catch((error) => link?.refuse(error, topic));
  }

  /** The term in a claim: that of the lease, which the coordinator has on disk. */
  private termOf(claim: Uint8Array): number | undefined {
    const message = decodeMessage(claim);
    return message.term ?? (message.type === 'claim' && !message.active ? 0 : undefined);
  }

  private signed(topic: string, bytes: Uint8Array): Uint8Array {
    return sign1(this.options.identity, bytes, externalData(topic));
  }
}

/** Resolves when the broker has the messages, or the connection has ended. */
async function takenIn(messages: readonly Promise<void>[], transport: Transport): Promise<void> {
  let end: () => void = () => undefined;
  const gone = new Promise<void>((resolve) => {
    end = transport.onState((state) => {
      if (state !== 'online') resolve();
    });
  });
  await Promise.race([Promise.all(messages), gone]);
  end();
}

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
import type { Delivery, Will } from '../../transport';
import { decodeMessage } from '../../wire';
import { envelopeTopic, isRetained, readTopic, topicOf } from '../topics/topics';
import { type MessageProtection, type ProtectionLink, partOverheadBytes } from './message-protection';
import { PresenceOrder } from './presence-order';
import { RefusalReplies } from './refusal-replies';

/** Options of a `CoordinatorProtection`. */
export interface CoordinatorProtectionOptions extends CoordinatorPairingOptions {
  /** The coordinator's id. */
  readonly id: string;
  readonly registry: MemberRegistry;
  /** Called for each gateway that is not let in. Whoever has the broker's password can cause it. */
  readonly onRefused?: (refused: RefusedGateway) => void;
}

/** A gateway that said hello and is not let in. */
export interface RefusedGateway {
  readonly gateway: string;
  readonly reason: JoinRefusal;
  /** For a person, with what to do. */
  readonly text: string;
}

/** Presences that wait until their gateway is a member: it connects before it says hello. */
const mostEarly = 256;
const mostEarlyBytes = 1024;
/** Welcomes that are sealed between two turns of the event loop. */
const welcomesAtATime = 16;

/**
 * The door of a coordinator in a protected federation (P-31, P-32): it admits members, welcomes them with the group key,
 * signs and seals broadcasts, and opens what members send.
 */
export class CoordinatorProtection implements MessageProtection {
  readonly overheadBytes = partOverheadBytes;
  private readonly pairing: CoordinatorPairing;
  private readonly group: GroupSender;
  /** Its own broadcasts come back to it, so that it sees when one was overwritten. */
  private readonly own: GroupReceiver;
  /** The newest retained broadcast of each topic, to be sealed again under the next group key. */
  private readonly retained = new Map<string, Uint8Array>();
  /** By topic, the newest of gateways that are not members yet. */
  private readonly early = new Map<string, Delivery>();
  private readonly presences = new PresenceOrder();
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
      send: (topic, bytes) => this.publish(topic, bytes, false),
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
    if (type === 'hello') return this.takeHello(topic, gateway, payload);
    if (type === 'presence') return this.openPresence(delivery, gateway);
    registry.requireActive(gateway);
    return this.pairing.pairOf(gateway).opener.open(topic, payload).payload;
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
    if (hello !== undefined) this.replies.send(gateway, hello, 'revoked');
    this.own.welcome(this.group.rotate());
    let sent = 0;
    for (const member of registry.members) {
      if (member.revokedMs !== undefined || !this.pairing.hasPair(member.id)) continue;
      this.welcome(member.id);
      if (++sent % welcomesAtATime === 0) await yieldToEventLoop();
    }
    for (const [topic, bytes] of this.retained) this.publish(topic, this.group.seal(topic, bytes), true);
    await written;
  }

  private openPresence(delivery: Delivery, gateway: string): Uint8Array | undefined {
    const { registry } = this.options;
    const { topic, payload } = delivery;
    if (!registry.member(gateway) && payload.length <= mostEarlyBytes) {
      this.hold(delivery);
      return undefined;
    }
    const { key } = registry.requireActive(gateway);
    const presence = readPresence(payload, topic, key);
    return this.presences.take(gateway, presence, delivery) ? presence.content : undefined;
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
    const hello = this.pairing.readHello(topic, gateway, payload);
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
    this.pairing.pairWith(hello);
    this.welcome(gateway);
    const presence = topicOf(this.options.federation, 'presence', gateway);
    const { run, presence: number = 0 } = hello;
    const early = this.presences.introduced(gateway, { run, number }) ?? this.early.get(presence);
    this.early.delete(presence);
    if (early) this.link?.deliver(early);
    return hello.content.length > 0 ? hello.content : undefined;
  }

  private welcome(gateway: string): void {
    const topic = envelopeTopic(this.options.federation, gateway, 'welcome');
    const content = encodeWelcome({ ...this.group.secret, counter: this.nextCounter(gateway) });
    this.publish(topic, this.pairing.pairOf(gateway).sealer.seal(topic, content), false);
  }

  private publish(topic: string, bytes: Uint8Array, retain: boolean): void {
    const { link } = this;
    const sent = link?.transport.publish(topic, bytes, { qos: 1, retain });
    sent?.catch((error) => link?.refuse(error, topic));
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

import { createHash } from 'node:crypto';
import type { Timer } from '../../platform';
import {
  type ClaimMark,
  decodeWelcome,
  GatewayPairing,
  type GatewayPairingOptions,
  GroupReceiver,
  type Invitation,
  type JoinRefusal,
  proveInvitation,
  readPresence,
  readRefusal,
  refusalOf,
  SecurityError,
} from '../../security';
import type { Delivery, Will } from '../../transport';
import { envelopeTopic, isRetained, readTopic, topicOf } from '../topics/topics';
import { Gate } from './gate';
import { type MessageProtection, type ProtectionLink, partOverheadBytes } from './message-protection';
import { OwnPresence } from './own-presence';

/** Options of a `GatewayProtection`. */
export interface GatewayProtectionOptions extends GatewayPairingOptions {
  /** For a gateway that is no member yet. */
  readonly invitation?: Invitation;
  /** Keeps the newest claim for the next start (P-13). The hello that answers the claim leaves when this has resolved. */
  readonly keepMark?: (mark: ClaimMark) => Promise<void>;
  /** Called when the coordinator has let this gateway in, or has said why it does not. */
  readonly onStanding?: (standing: 'member' | JoinRefusal) => void;
  /** Called for each claim under another key than the pinned one. Whoever has the broker's password can cause it. */
  readonly onOtherCoordinator?: (error: unknown) => void;
}

/** Broadcasts that wait for their key: the newest of each retained topic. */
const mostHeld = 8;
/** Waits for a welcome before the next hello. */
const firstWaitMs = 5_000;
const longestWaitMs = 900_000;
/** The first wait after a refusal: a person has to do something. */
const refusedWaitMs = 60_000;
/** Hellos of which a refusal is taken. */
const mostHellos = 4;
const none = new Uint8Array(0);

/**
 * The door of a gateway in a protected federation (P-31, P-32): it follows the claims of the coordinator whose key it has
 * pinned, says hello for the roles of this gateway, and seals nothing before the welcome has come.
 */
export class GatewayProtection implements MessageProtection {
  readonly overheadBytes = partOverheadBytes;
  readonly hasMembers = true;
  private readonly pairing: GatewayPairing;
  private readonly group: GroupReceiver;
  private readonly presence: OwnPresence;
  private readonly claimed = new Gate('no claim of the coordinator has come');
  private readonly welcomed = new Gate('no welcome of the coordinator has come');
  private readonly held = new Map<string, Delivery>();
  private link: ProtectionLink | undefined;
  private content = none;
  private ends: Promise<() => Promise<void>>[] = [];
  private timer: Timer | undefined;
  private waitMs = firstWaitMs;
  private nextCounter: number | undefined;
  /** Digests of the newest hellos. */
  private hellos: readonly string[] = [];

  constructor(private readonly options: GatewayProtectionOptions) {
    this.pairing = new GatewayPairing(options);
    this.group = new GroupReceiver(options.federation, options.coordinator);
    this.presence = new OwnPresence(options.identity, options.run);
  }

  /** By the newest welcome (P-28). */
  get updateCounter(): number | undefined {
    return this.nextCounter;
  }

  get identity() {
    return this.options.identity;
  }

  admission(): Promise<void> | undefined {
    const passed = this.welcomed.pass(() => undefined);
    return passed instanceof Promise ? passed : undefined;
  }

  countUpdates(): void {
    // A gateway counts nobody's.
  }

  /** The payload is another one for each connection. */
  protectWill(will: Will): Will {
    const { presence } = this;
    return {
      ...will,
      get payload() {
        return presence.will(will.topic, will.payload);
      },
    };
  }

  start(link: ProtectionLink): void {
    this.link = link;
    const { federation, id, transport } = link;
    const listen = (topic: string, take: (delivery: Delivery) => unknown) => {
      const deliver = (delivery: Delivery) => {
        try {
          if (delivery.payload.length > 0) take(delivery);
        } catch (error) {
          link.refuse(error, topic);
        }
      };
      // As all else that each gateway receives: see `Route`.
      const feed = transport.subscribe(topic, deliver, { qos: 0 });
      feed.catch(() => undefined);
      this.ends.push(feed);
    };
    listen(envelopeTopic(federation, id, 'welcome'), (delivery) => this.takeWelcome(delivery));
    listen(envelopeTopic(federation, id, 'refusal'), (delivery) => this.takeRefusal(delivery));
    // Pairing does not wait for a role that is interested in claims. If one is, it reports those that are refused.
    listen(topicOf(federation, 'claim', id), (delivery) => this.followClaim(delivery));
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
    for (const end of this.ends.splice(0)) end.then((unsubscribe) => unsubscribe()).catch(() => undefined);
    this.held.clear();
    this.claimed.stop();
    this.welcomed.stop();
    this.link = undefined;
  }

  protect(topic: string, bytes: Uint8Array): Uint8Array | Promise<Uint8Array> {
    const type = readTopic(this.options.federation, topic)?.type;
    if (type === 'presence') return this.presence.sign(topic, bytes);
    if (type !== 'hello') return this.welcomed.pass(() => this.sealed(topic, bytes));
    this.content = Uint8Array.from(bytes);
    return this.claimed.pass(() => this.hello(topic, bytes));
  }

  open(delivery: Delivery): Uint8Array | undefined {
    const { topic, payload } = delivery;
    const { federation, identity, gateway } = this.options;
    const place = readTopic(federation, topic);
    if (place?.branch === 'all' && place.type === 'claim') {
      const { claim, isNew } = this.pairing.takeClaim(topic, payload);
      if (isNew) this.keepAndAnswer();
      return claim.content;
    }
    if (place?.branch === 'all') return this.openBroadcast(delivery, isRetained(place.type));
    if (place?.branch === 'to' && this.pairing.pair)
      return this.pairing.pair.opener.open(topic, payload).payload;
    if (place?.branch === 'gw' && place.gateway === gateway && place.type === 'presence')
      return readPresence(payload, topic, identity.publicKey).content;
    throw new SecurityError('no-pair', `there is no key for a message on ${topic}`);
  }

  private followClaim(delivery: Delivery): void {
    try {
      this.open(delivery);
    } catch (error) {
      if (refusalOf(error) === 'other-coordinator') this.options.onOtherCoordinator?.(error);
      throw error;
    }
  }

  private openBroadcast(delivery: Delivery, mayRepeat: boolean): Uint8Array | undefined {
    const { topic, payload } = delivery;
    try {
      return this.group.open(topic, payload, mayRepeat);
    } catch (error) {
      if (refusalOf(error) !== 'unknown-epoch') throw error;
      // The welcome with its key is on the way, or was missed while this gateway was offline.
      if (mayRepeat && (this.held.has(topic) || this.held.size < mostHeld)) this.held.set(topic, delivery);
      // Or the claim of this run of the coordinator was lost.
      this.askLater();
      return undefined;
    }
  }

  private keepAndAnswer(): void {
    const { keepMark } = this.options;
    const { mark } = this.pairing;
    this.welcomed.close();
    this.claimed.close();
    if (!keepMark || !mark) {
      this.answer();
      return;
    }
    // A disk that fails is reported by whoever keeps the mark, and is no reason to stay away.
    void keepMark(mark)
      .catch(() => undefined)
      .then(() => this.answer());
  }

  /** Answers a claim of a new run: everything before it is void. */
  private answer(): void {
    if (!this.link) return;
    this.waitMs = firstWaitMs;
    const waiting = this.claimed.open();
    if (waiting === 0) this.sayHello();
    this.askLater();
  }

  /** Says hello with the newest content that a role has given. */
  private sayHello(): void {
    const { link } = this;
    if (!link) return;
    const topic = topicOf(link.federation, 'hello', link.id);
    const sent = link.transport.publish(topic, this.hello(topic, this.content), { qos: 1, retain: true });
    // The transport reports its failures; the next hello follows anyway.
    sent.catch(() => undefined);
  }

  /** Says hello again if no welcome comes: hello, welcome or claim may be lost. */
  private askLater(): void {
    if (this.timer || !this.link) return;
    this.timer = this.link.clock.after(this.waitMs, () => {
      this.timer = undefined;
      this.waitMs = Math.min(longestWaitMs, 2 * this.waitMs);
      if (this.pairing.pair) this.sayHello();
      this.hearClaimAgain();
      this.askLater();
    });
  }

  /** Has the broker repeat the claim that it keeps: a coordinator reads no hello that answers an earlier one. */
  private hearClaimAgain(): void {
    const { link } = this;
    if (!link) return;
    const again = link.transport.subscribe(topicOf(link.federation, 'claim', link.id), () => undefined, {
      qos: 0,
    });
    again.then((end) => end()).catch(() => undefined);
  }

  private takeWelcome({ topic, payload }: Delivery): void {
    const { pair } = this.pairing;
    if (!pair) throw new SecurityError('no-pair', 'a welcome came before a claim');
    const welcome = decodeWelcome(pair.opener.open(topic, payload).payload);
    this.group.welcome(welcome);
    this.nextCounter = welcome.counter;
    this.timer?.cancel();
    this.timer = undefined;
    this.waitMs = firstWaitMs;
    this.options.onStanding?.('member');
    this.welcomed.open();
    const held = [...this.held.values()];
    this.held.clear();
    for (const delivery of held) this.link?.deliver(delivery);
  }

  private takeRefusal({ topic, payload }: Delivery): void {
    const { federation, gateway, coordinator, onStanding } = this.options;
    const refusal = readRefusal(payload, topic, coordinator);
    const hello = Buffer.from(refusal.hello).toString('hex');
    const isMine = refusal.federation === federation && refusal.gateway === gateway;
    if (!isMine || !this.hellos.includes(hello)) {
      // Of the start before this one, or of the other machine with its key.
      if (isMine && refusal.reason === 'second-machine') return;
      throw new SecurityError('refusal', 'a refusal names a hello that this gateway has not sent lately');
    }
    // Each hello is refused once: a refusal that comes again must not hold up a member that was let in since.
    this.hellos = this.hellos.filter((digest) => digest !== hello);
    // What was sealed for the coordinator would not be read. Somebody may let this gateway in later.
    this.welcomed.close();
    this.waitMs = Math.max(this.waitMs, refusedWaitMs);
    this.timer?.cancel();
    this.timer = undefined;
    this.askLater();
    onStanding?.(refusal.reason);
  }

  private hello(topic: string, content: Uint8Array): Uint8Array {
    const { invitation, federation, gateway, identity, coordinator } = this.options;
    const applicant = { federation, gateway, key: identity.publicKey, coordinator };
    const proof = invitation && proveInvitation(invitation, applicant);
    const bytes = this.pairing.hello(topic, content, proof, this.presence.number);
    const digest = createHash('sha256').update(bytes).digest('hex');
    this.hellos = [...this.hellos, digest].slice(-mostHellos);
    return bytes;
  }

  private sealed(topic: string, bytes: Uint8Array): Uint8Array {
    const { pair } = this.pairing;
    if (!pair) throw new SecurityError('no-pair', 'no claim of the coordinator has come');
    return pair.sealer.seal(topic, bytes);
  }
}

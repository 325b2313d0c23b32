import { connectAsync, type MqttClient } from 'mqtt';
import { type MessageProtection, readTopic, topicOf } from '../../gateway/session';
import {
  decodeMessage,
  type Envelope,
  encodeMessage,
  type Message,
  type MessageType,
  PlanBook,
} from '../../gateway/wire';
import { until } from './until';

/** All topics of all federations. */
const everything = 'ftte/v1/#';

/** A message that the attacker has received. */
export interface Received {
  readonly topic: string;
  readonly bytes: Uint8Array;
}

/** A client of the broker that has its password, receives all it may, and sends what it likes. */
export class Attacker {
  private readonly received: Received[] = [];
  /** Plans of updates that name them by their id. */
  private readonly plans = new PlanBook();

  /** Messages in plain that it did not read from the broker. */
  private readonly learned: Received[] = [];

  /** The door of the member that it is. Undefined: it is a stranger with the broker's password. */
  private membership: { readonly id: string; readonly protection: MessageProtection | undefined } | undefined;

  private constructor(
    private readonly client: MqttClient,
    private readonly federation: string,
  ) {
    client.on('message', (topic, bytes) => this.received.push({ topic, bytes }));
    // A broker that throws the attacker out is no failure of the measurement.
    client.on('error', () => undefined);
  }

  static async connect(url: string, federation: string): Promise<Attacker> {
    const client = await connectAsync(url, { protocolVersion: 4, reconnectPeriod: 200, clientId: 'mallory' });
    const attacker = new Attacker(client, federation);
    // The hosted broker refuses the filter of all topics, and gives all of federations to whoever has its one password.
    await client.subscribeAsync(everything, { qos: 1 });
    return attacker;
  }

  /**
   * Gives the attacker a message in plain. It knows the software, so that it can make every message of a protected
   * federation but for the keys; what it knows is no more than what it forges from.
   */
  learn(topic: string, bytes: Uint8Array): void {
    this.learned.push({ topic, bytes });
  }

  /** The message, with what its topic says. Undefined: the attacker cannot read it. */
  private read({ topic, bytes }: Received): Message | undefined {
    const { federation, plans } = this;
    const sender = readTopic(federation, topic)?.gateway;
    try {
      return decodeMessage(bytes, undefined, { federation, plans, ...(sender && { sender }) });
    } catch {
      return undefined;
    }
  }

  /** From now on it speaks with the keys of a member. @param protection undefined in the plain form */
  join(id: string, protection: MessageProtection | undefined): void {
    this.membership = { id, protection };
  }

  /** Its id as a member; of a stranger, the name that it would like to have. */
  get id(): string {
    return this.membership?.id ?? 'mallory';
  }

  /** Everything that the broker has sent it, oldest first. */
  get recorded(): readonly Received[] {
    return this.received;
  }

  /** Messages in plain that it was given. */
  get known(): readonly Received[] {
    return this.learned;
  }

  /** Forgets what it has recorded, so that memory is the federation's. */
  forget(): void {
    this.received.length = 0;
    this.learned.length = 0;
  }

  /** The number of messages of this type that the attacker can read. */
  readable(type: MessageType): number {
    return this.received.filter((each) => typeOf(each.topic) === type && this.read(each)?.type === type)
      .length;
  }

  /** The newest message of this type that the attacker can forge from. @param gateway its sender or receiver */
  async newest<T extends MessageType>(type: T, gateway?: string): Promise<Message<T> | undefined> {
    const find = () =>
      [...this.learned, ...this.received].findLast(
        ({ topic, bytes }) =>
          typeOf(topic) === type &&
          (!gateway || topic.includes(`/${gateway}/`)) &&
          this.read({ topic, bytes }),
      );
    await until(() => find() !== undefined, 3_000);
    const found = find();
    return found && (this.read(found) as Message<T>);
  }

  /** The bytes of all messages of this type that were received, oldest first, readable or not. */
  bytesOf(type: MessageType, gateway: string): readonly Received[] {
    return this.received.filter(({ topic }) => typeOf(topic) === type && topic.includes(`/${gateway}/`));
  }

  /** All messages of this type that the attacker can read, oldest first. */
  bodiesOf<T extends MessageType>(type: T, gateway: string): readonly Message<T>[] {
    return this.bytesOf(type, gateway).flatMap((each) => {
      const message = this.read(each);
      return message?.type === type ? [message as Message<T>] : [];
    });
  }

  /** The ids of the updates of a gateway, as far as the attacker can know them. */
  updateIdsOf(gateway: string): readonly string[] {
    return [...this.learned, ...this.received].flatMap((each) => {
      const message = each.topic.includes(`/${gateway}/`) ? this.read(each) : undefined;
      return message?.type === 'update' ? [message.id] : [];
    });
  }

  /** Whether a client that subscribes now receives nothing retained on the topic. */
  async isWiped(place: string): Promise<boolean> {
    const topic = this.topicOf(place);
    const before = this.received.length;
    await this.client.unsubscribeAsync(everything).catch(() => undefined);
    await this.client.subscribeAsync(topic, { qos: 1 }).catch(() => undefined);
    return !(await until(
      () =>
        this.received.slice(before).some((message) => message.topic === topic && message.bytes.length > 0),
      1_000,
    ));
  }

  /** Writes a message in somebody's name. */
  async forge(
    place: string,
    message: Message | undefined,
    { retain = false, as }: { retain?: boolean; as?: string } = {},
  ): Promise<void> {
    if (!message) return;
    const { federation, sender, sequence, ...body } = message;
    const envelope: Envelope = { federation, sender: as ?? sender, sequence: (sequence ?? 0) + 1 };
    await this.write(place, await this.sealed(place, encodeMessage(envelope, body)), retain);
  }

  /** The message under the keys that it has, as far as they seal anything for the topic. */
  private async sealed(place: string, bytes: Uint8Array): Promise<Uint8Array> {
    try {
      return (await this.membership?.protection?.protect(this.topicOf(place), bytes)) ?? bytes;
    } catch {
      return bytes;
    }
  }

  /** Writes bytes to a topic of the federation. @param place what follows the name of the federation in the topic */
  async write(place: string, bytes: Uint8Array, retain = false): Promise<void> {
    await this.client
      .publishAsync(this.topicOf(place), Buffer.from(bytes), { qos: 1, retain })
      .catch(() => undefined);
  }

  /** The part of a topic after the name of the federation. */
  placeOf(topic: string): string {
    return topic.slice(this.topicOf('').length);
  }

  private topicOf(place: string): string {
    return topicOf(this.federation, 'head', '').replace(/all\/head$/, place);
  }

  async close(): Promise<void> {
    await this.client.endAsync(true);
  }
}

const typeOf = (topic: string) => topic.slice(topic.lastIndexOf('/') + 1);

import { connectAsync, type MqttClient } from 'mqtt';
import { topicOf } from '../../gateway/session';
import {
  decodeMessage,
  type Envelope,
  encodeMessage,
  type Message,
  type MessageType,
} from '../../gateway/wire';
import { until } from './until';

/** A message that the attacker has received. */
interface Received {
  readonly topic: string;
  readonly bytes: Uint8Array;
}

/** A client of the broker that has its password, receives all it may, and sends what it likes. */
export class Attacker {
  private readonly received: Received[] = [];

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
    await client.subscribeAsync('#', { qos: 1 }).catch(() => undefined);
    return attacker;
  }

  /** The number of messages of this type that the attacker can read. */
  readable(type: MessageType): number {
    return this.received.filter(({ topic, bytes }) => typeOf(topic) === type && read(bytes)?.type === type)
      .length;
  }

  /** The newest message of this type that the attacker can read. @param gateway its sender or receiver */
  async newest<T extends MessageType>(type: T, gateway?: string): Promise<Message<T> | undefined> {
    const find = () =>
      this.received.findLast(
        ({ topic, bytes }) =>
          typeOf(topic) === type && (!gateway || topic.includes(`/${gateway}/`)) && read(bytes),
      );
    await until(() => find() !== undefined, 3_000);
    const found = find();
    return found && (read(found.bytes) as Message<T>);
  }

  /** The bytes of all messages of this type that were received, oldest first, readable or not. */
  bytesOf(type: MessageType, gateway: string): readonly Received[] {
    return this.received.filter(({ topic }) => typeOf(topic) === type && topic.includes(`/${gateway}/`));
  }

  /** All messages of this type that the attacker can read, oldest first. */
  bodiesOf<T extends MessageType>(type: T, gateway: string): readonly Message<T>[] {
    return this.bytesOf(type, gateway).flatMap(({ bytes }) => {
      const message = read(bytes);
      return message?.type === type ? [message as Message<T>] : [];
    });
  }

  /** Whether a client that subscribes now receives nothing retained on the topic. */
  async isWiped(place: string): Promise<boolean> {
    const topic = this.topicOf(place);
    const before = this.received.length;
    await this.client.unsubscribeAsync('#').catch(() => undefined);
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
    const envelope: Envelope = { federation, sender: as ?? sender, sequence: sequence + 1 };
    await this.write(place, encodeMessage(envelope, body), retain);
  }

  /** Writes bytes to a topic of the federation. @param place what follows the name of the federation in the topic */
  async write(place: string, bytes: Uint8Array, retain = false): Promise<void> {
    await this.client
      .publishAsync(this.topicOf(place), Buffer.from(bytes), { qos: 1, retain })
      .catch(() => undefined);
  }

  private topicOf(place: string): string {
    return topicOf(this.federation, 'head', '').replace(/all\/head$/, place);
  }

  async close(): Promise<void> {
    await this.client.endAsync(true);
  }
}

const typeOf = (topic: string) => topic.slice(topic.lastIndexOf('/') + 1);

function read(bytes: Uint8Array): Message | undefined {
  try {
    return decodeMessage(bytes);
  } catch {
    return undefined;
  }
}

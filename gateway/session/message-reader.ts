import { type Clock, messageOf } from '../platform';
import {
  type decodeMessage,
  defaultLimits,
  type Message,
  messageInvalid,
  PlanBook,
  type RoleMessageType,
} from '../wire';
import { Reassembly } from './chunks';
import { mostParts } from './message-sender';
import { readTopic } from './topics/topics';

export interface MessageReaderOptions {
  readonly federation: string;
  readonly clock: Clock;
  /** The largest message that is accepted, whole or from chunks, in bytes. */
  readonly maxMessageBytes: number;
  readonly decode: typeof decodeMessage;
  /** Called with the reason, for a person, when the chunks of an incomplete message are dropped. */
  readonly onLost: (detail: string, sender: string) => void;
}

/**
 * Reads bytes that came as messages of one federation, puts chunks together, and refuses everything that is not a
 * message on a topic where its sender may write.
 */
export class MessageReader {
  private readonly reassembly: Reassembly;
  private readonly plans = new PlanBook();
  /** The sender of the newest message to all: messages to one gateway do not name it. */
  private coordinator = '';

  constructor(private readonly options: MessageReaderOptions) {
    const { maxMessageBytes, clock, onLost } = options;
    const limits = {
      maxMessageBytes,
      maxBytes: 2 * maxMessageBytes,
      maxParts: mostParts,
      maxPerSender: 2,
      maxOpen: 512,
      maxAgeMs: 60_000,
    };
    this.reassembly = new Reassembly(limits, clock, onLost);
  }

  /**
   * The message; undefined for a part of a message that is not complete yet.
   * @param topic undefined for bytes that did not come through the broker
   * @throws FtteError `message-invalid`
   */
  read(bytes: Uint8Array, topic: string | undefined): Message<RoleMessageType> | undefined {
    const message = this.decode(bytes, topic);
    if (message.type !== 'chunk') return message;
    const whole = this.assemble(message, topic);
    if (!whole) return undefined;
    const inner = this.decode(whole, topic);
    const { sender } = inner;
    if (inner.type === 'chunk')
      throw messageInvalid('chunk', 'the chunks contain a chunk, expected another type of message', {
        sender,
      });
    if (sender !== message.sender)
      throw messageInvalid(
        'chunk',
        `sender is ${sender}, expected the sender of the chunks, ${message.sender}`,
      );
    return inner;
  }

  /** Drops the chunks of incomplete messages and stops the timer. */
  clear(): void {
    this.reassembly.clear();
  }

  private decode(bytes: Uint8Array, topic: string | undefined): Message {
    const { decode, maxMessageBytes } = this.options;
    const at = topic === undefined ? undefined : readTopic(this.options.federation, topic);
    if (topic !== undefined && !at) throw messageInvalid('topic', `${topic} is not a topic of the protocol`);
    const limits = { ...defaultLimits, maxBytes: maxMessageBytes };
    const message = decode(bytes, limits, {
      plans: this.plans,
      ...(at && { federation: this.options.federation, sender: at.gateway }),
      ...(at?.branch === 'to' && { sender: this.coordinator }),
    });
    const { sender, type, federation } = message;
    if (federation !== this.options.federation)
      throw messageInvalid(
        'federation',
        `federation is ${federation || 'missing'}, expected ${this.options.federation}`,
      );
    if (sender === '' && at?.branch !== 'to')
      throw messageInvalid('field', 'sender is missing, expected a name');
    if (!at) return message;
    if (at.branch === 'gw' && at.gateway !== sender)
      throw messageInvalid('topic', `sender is ${sender}, expected ${at.gateway} on this topic`);
    if (type !== 'chunk' && type !== at.type)
      throw messageInvalid('type', `type is ${type}, expected ${at.type} on this topic`, { sender });
    if (at.branch === 'all') this.coordinator = sender;
    return message;
  }

  private assemble(chunk: Message<'chunk'>, topic: string | undefined): Uint8Array | undefined {
    try {
      return this.reassembly.take(chunk, topic ?? '');
    } catch (error) {
      throw messageInvalid('chunk', `chunk: ${messageOf(error)}`, { sender: chunk.sender });
    }
  }
}

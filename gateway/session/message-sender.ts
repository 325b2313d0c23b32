import { FtteError, type Log, type Random } from '../platform';
import { type PublishOptions, type Transport, troubleOf } from '../transport';
import { type BodyOf, type RoleMessageType, routes } from '../wire';
import { splitBytes } from './chunks';
import type { MessageProtection } from './protection/message-protection';
import type { EncodedMessage, SendOptions } from './session-types';
import { named } from './topics/message-name';
import { topicOf } from './topics/topics';

export interface MessageSenderOptions {
  readonly transport: Transport;
  readonly protection: MessageProtection;
  readonly federation: string;
  /** This gateway's id. */
  readonly id: string;
  /** Creates the ids of chunked messages. */
  readonly random: Random;
  readonly log: Log;
  /** A part as bytes, for the topic of a type. */
  readonly encodeChunk: (chunk: BodyOf<'chunk'>, type: RoleMessageType) => Uint8Array;
}

/** Bytes of a chunk's own fields beside its content, with the longest names. */
export const chunkOverhead = 320;
/** Most parts that a reader accepts (docs/protocol.md). */
export const mostParts = 4096;
/** No part has to be smaller, whatever is asked for. */
export const smallestPartBytes = 1024;
/** The end of the error of a message that cannot be cut. */
const uncut =
  ', and a retained message cannot be cut: raise its limit (max_packet_size or message_size_limit in Mosquitto)';
/** The end of the error of a message of which not even parts fit. */
const tooSmall = `, too few even for parts: raise its limit (max_packet_size or message_size_limit in Mosquitto) to ${4 * smallestPartBytes} or more`;
/** Parts that are queued at the same time: a large message leaves room in the transport's queue for others. */
const partsAtATime = 64;

/** Sends messages to their topics: whole, or in parts if they are larger than the broker accepts. */
export class MessageSender {
  /** Size of parts in which messages pass the broker if larger ones do not. */
  partLimitBytes: number | undefined;

  constructor(private readonly options: MessageSenderOptions) {}

  /** @throws FtteError as `TransportSession.send` */
  async send(
    { type, id, bytes }: EncodedMessage,
    to?: string,
    { maxPartBytes = this.partLimitBytes, retain: mayRetain }: SendOptions = {},
  ): Promise<{ bytes: number }> {
    const { branch, qos, retain: isRetained } = routes[type];
    const retain = isRetained && mayRetain !== false;
    if (branch === 'to' && to === undefined)
      throw new FtteError('config-invalid', `to is missing, expected the gateway that receives the ${type}`, {
        field: 'to',
      });
    const { federation, log } = this.options;
    const topic = topicOf(federation, type, branch === 'to' ? (to ?? '') : this.options.id);
    const what = `${named(type, id)}${to ? ` to ${to}` : ''}`;
    for (;;) {
      const room = this.room;
      // A limit that was asked for concerns messages that can be cut.
      const limit = retain ? room : Math.min(room, Math.max(smallestPartBytes, maxPartBytes ?? room));
      const whole = bytes.length <= limit;
      const partBytes = limit - chunkOverhead;
      if (!whole && (retain || partBytes <= chunkOverhead || bytes.length > mostParts * partBytes))
        throw new FtteError(
          'broker',
          `${type} has ${bytes.length} bytes, the broker accepts ${room} beside the topic and the header of a message${retain ? uncut : tooSmall}`,
          {
            kind: 'too-large',
          },
        );
      try {
        if (whole) await this.publish(topic, bytes, { qos, retain });
        const sent = whole ? bytes.length : await this.sendParts(topic, type, bytes, partBytes);
        log.debug?.(`sent ${what}${whole ? '' : ' in parts'}: ${sent} bytes`);
        return { bytes: sent };
      } catch (error) {
        // While the message waited, the broker was found to accept less.
        if (troubleOf(error) !== 'too-large' || this.room >= room) throw error;
      }
    }
  }

  /** Bytes that a message may have before it is protected. */
  private get room(): number {
    const { transport, protection } = this.options;
    return transport.maxPayloadBytes - protection.overheadBytes;
  }

  /** The one place where bytes leave. */
  private publish(topic: string, bytes: Uint8Array, options: PublishOptions): Promise<void> {
    const { transport, protection } = this.options;
    const leaving = protection.protect(topic, bytes);
    if (leaving instanceof Promise) return leaving.then((later) => transport.publish(topic, later, options));
    return transport.publish(topic, leaving, options);
  }

  /** Sends the parts to the topic of the whole message, each part as a message. @returns their bytes */
  private async sendParts(
    topic: string,
    type: RoleMessageType,
    message: Uint8Array,
    partBytes: number,
  ): Promise<number> {
    const { random, encodeChunk } = this.options;
    const id = random.hex(8);
    const parts = splitBytes(message, partBytes);
    let sent = 0;
    for (let at = 0; at < parts.length; at += partsAtATime) {
      const some = parts.slice(at, at + partsAtATime).map((bytes, i) => {
        const part = encodeChunk({ type: 'chunk', id, index: at + i, count: parts.length, bytes }, type);
        sent += part.length;
        return this.publish(topic, part, { qos: 1 });
      });
      await Promise.all(some);
    }
    return sent;
  }
}

import { describeMeasured, FtteError } from '../../platform';
import { isNumberText } from '../values';
import { ChannelNames, type Place } from './channel-names';
import { isLorawan, readLorawan } from './lorawan';
import { isOpcua, readOpcua } from './opcua';
import { type Decoding, type Packet, type PacketContext, single } from './packet';
import { notAReading, readPlain } from './plain';
import { isSenml, readSenml } from './senml';
import { isSparkplug, SparkplugDecoder } from './sparkplug';
import { isZigbee2mqtt, readZigbee2mqtt } from './zigbee2mqtt';

/** The formats of payloads. `auto` recognises all of them. */
export const payloadFormats = [
  'auto',
  'plain',
  'senml',
  'sparkplug',
  'lorawan',
  'zigbee2mqtt',
  'opcua',
] as const;
export type PayloadFormat = (typeof payloadFormats)[number];

/** The fields of a message besides its payload. */
export interface MessageAbout {
  readonly topic?: string;
  readonly receivedMs?: number;
}

/** Decodes the payload of a message into readings, whatever its format is. */
export class PayloadReader {
  private readonly names: ChannelNames;
  private readonly sparkplug: SparkplugDecoder;

  constructor(
    private readonly channels: readonly string[],
    private readonly format: PayloadFormat,
  ) {
    this.names = new ChannelNames(channels);
    this.sparkplug = new SparkplugDecoder(this.names);
  }

  /** @throws FtteError `reading-invalid` with what came, what was expected, and what to do about it */
  *read(payload: unknown, about: MessageAbout): Decoding {
    const context: PacketContext = { channels: this.channels, ...about };
    if (this.format === 'plain' || typeof payload !== 'object' || payload === null)
      return this.readPlain(payload, context);
    switch (this.format === 'auto' ? this.recognise(payload, context) : this.format) {
      case 'senml':
        return yield* readSenml(payload, context, this.names);
      case 'sparkplug':
        return yield* this.sparkplug.read(payload, context);
      case 'lorawan':
        return readLorawan(payload, context);
      case 'zigbee2mqtt':
        return readZigbee2mqtt(payload, context);
      case 'opcua':
        return yield* readOpcua(payload, context, this.names);
      default:
        return this.readPlain(payload, context);
    }
  }

  /** The channel that a topic names, and its device. */
  placeOf(topic: string | undefined): Place | undefined {
    return topic === undefined ? undefined : this.names.find(topic);
  }

  private recognise(payload: object, context: PacketContext): PayloadFormat {
    const plain = this.channels.some((name) => Object.hasOwn(payload, name));
    if (plain && isZigbee2mqtt(payload, context)) return 'zigbee2mqtt';
    if (plain) return 'plain';
    if (isSparkplug(payload)) return 'sparkplug';
    if (isLorawan(payload)) return 'lorawan';
    if (isSenml(payload, this.channels)) return 'senml';
    return isOpcua(payload) ? 'opcua' : 'plain';
  }

  private readPlain(payload: unknown, context: PacketContext): Packet {
    if (typeof payload === 'object' && payload !== null) return readPlain(payload, context);
    const scalar = payload === null || typeof payload === 'boolean' || typeof payload === 'bigint';
    if (typeof payload !== 'number' && typeof payload !== 'string' && !scalar)
      throw notAReading(payload, this.channels);
    return this.readScalar(payload, context);
  }

  /** Reads a single value. The topic names its channel, unless there is only one channel. */
  private readScalar(payload: unknown, { topic }: PacketContext): Packet {
    const { channels } = this;
    if (typeof payload === 'string' && /^\s*[[{]/.test(payload)) throw notAReading(payload, channels);
    const place = this.placeOf(topic);
    if (!place && channels.length > 1) {
      const isNumber =
        typeof payload === 'number' ||
        (typeof payload === 'string' && topic !== undefined && topic !== '' && isNumberText(payload));
      if (!isNumber) throw notAReading(payload, channels);
      throw new FtteError(
        'reading-invalid',
        `${describeMeasured(payload)} came with topic "${topic ?? ''}"; expected one of ${channels.join(', ')}`,
      );
    }
    const name = channels[place?.channel ?? 0]!;
    return single({ values: { [name]: payload } }, { fields: topic ?? name });
  }
}

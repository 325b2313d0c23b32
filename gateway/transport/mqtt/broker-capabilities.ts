import type { FtteError, Log, NoticeCode } from '../../platform';
import type { Outgoing } from '../shared/send-queue';
import { type Finding, type Loss, LossDiagnosis } from './loss-diagnosis';
import type { BrokerLimits } from './mqtt-connection';
import { duplicateId, endsConnectionAt, trouble } from './mqtt-errors';

export interface BrokerCapabilitiesOptions {
  readonly url: string;
  readonly clientId: string;
  readonly maxPayloadBytes: number;
  readonly log: Log;
  /** Drops the queued messages for which `choose` returns an error. */
  readonly reject: (choose: (message: Outgoing) => Error | undefined) => void;
}

/** Bytes of a message below which its size is hardly the reason of a refusal. */
const small = 4096;
/** Topics of retained messages that are held back, at most. */
const mostHeld = 100;

/** Most bytes of a packet beside its payload: a topic of 149 bytes at most, and 10 for header, packet id and properties. */
export const packetOverhead = 192;

/** The payload of the largest message that a broker accepts, in bytes. @param messageBytes size of the whole packet */
export const largestPayload = (messageBytes: number): number =>
  Math.max(0, Math.floor(messageBytes) - packetOverhead);

/**
 * The limits of a broker: those that it announced, and those that the ends of connections have shown. Each finding is
 * logged once.
 */
export class BrokerCapabilities {
  private readonly diagnosis = new LossDiagnosis();
  private readonly logged = new Set<string>();
  /** Retained messages at which the broker ended connections, by topic, with the error of their waiters. */
  private readonly held = new Map<string, { readonly bytes: number; readonly error: Error }>();
  private announcedBytes = Number.POSITIVE_INFINITY;

  constructor(private readonly options: BrokerCapabilitiesOptions) {}

  get maxPayloadBytes(): number {
    return Math.min(this.options.maxPayloadBytes, this.announcedBytes, this.diagnosis.limitBytes);
  }

  /** Whether messages may be retained. */
  get retains(): boolean {
    return this.diagnosis.retains;
  }

  /** Whether messages must be sent one at a time, so that the next loss names the message that caused it. */
  get careful(): boolean {
    return this.diagnosis.careful;
  }

  /** Whether the cause of the last loss is on trial, which the next connection decides. */
  get trying(): boolean {
    return this.diagnosis.trying;
  }

  /** The error of a message that is larger than the broker accepts; undefined if it is not. */
  tooLarge({ topic, payload }: Outgoing): FtteError | undefined {
    const room = this.maxPayloadBytes;
    if (payload.length <= room) return undefined;
    return trouble('too-large', `${topic}: ${payload.length} bytes, the broker accepts ${room}`);
  }

  /**
   * The error of a retained message that ended connections by its size: it is not sent again until a connection ends for
   * another reason, because the broker may then have other settings. Undefined for all other messages.
   */
  heldBack({ topic, payload, retain }: Outgoing): Error | undefined {
    const held = retain ? this.held.get(topic) : undefined;
    return held && payload.length >= held.bytes ? held.error : undefined;
  }

  /** The broker has answered a connection. */
  announced({ maximumPacketSize: limit, retainAvailable }: BrokerLimits): void {
    const { url, maxPayloadBytes } = this.options;
    this.announcedBytes = limit ? largestPayload(limit) : Number.POSITIVE_INFINITY;
    if (limit && this.announcedBytes < maxPayloadBytes)
      this.logOnce(
        `the broker ${url} accepts packets of at most ${limit} bytes: larger messages are sent in parts`,
      );
    if (retainAvailable === false) this.retainsNothing();
  }

  /** Whether a message is larger than all that passed. */
  isNewSize(message: Outgoing): boolean {
    return this.diagnosis.isNewSize(message);
  }

  /** A connection could not be made, because nothing answers. */
  unreachable(): void {
    this.diagnosis.unreachable();
  }

  /** The broker reported that it retains no messages. @returns whether this is new */
  retainsNothing(): boolean {
    const news = this.retains;
    this.diagnosis.retainsNothing();
    this.logOnce(this.retainsNothingText, 'broker-no-retain');
    return news;
  }

  /** The broker has confirmed a message. */
  confirmed(message: Outgoing): void {
    this.act(this.diagnosis.confirmed(message));
  }

  /** An open connection has ended. @returns the reason, if the losses in a row show one */
  ended(loss: Loss): FtteError | undefined {
    if (!loss.inFlight.some(({ topic }) => this.held.has(topic))) this.held.clear();
    return this.act(this.diagnosis.ended(loss));
  }

  private act(finding: Finding | undefined): FtteError | undefined {
    const { url, clientId, reject } = this.options;
    switch (finding?.kind) {
      case 'too-large':
        reject((message) => this.tooLarge(message));
        return undefined;
      case 'parts-pass': {
        const { refusedBytes, topic } = finding;
        const text = `the broker ${url} ends the connection at a message of ${refusedBytes} bytes (${topic}): large messages are sent in parts`;
        this.logOnce(text, 'broker-too-large');
        return undefined;
      }
      case 'limit':
        this.logOnce(`the broker ${url} accepts messages of ${finding.limitBytes} bytes`);
        return undefined;
      case 'no-retain':
        this.logOnce(this.retainsNothingText, 'broker-no-retain');
        return undefined;
      case 'refused':
        reject(this.refusalOf(finding.message, finding.large));
        return undefined;
      case 'duplicate-id':
        return duplicateId(url, clientId, finding.certain);
      case undefined:
        return undefined;
    }
  }

  private refusalOf(
    { topic, payload, retain }: Outgoing,
    large: boolean,
  ): (waiting: Outgoing) => Error | undefined {
    const settings = 'message_size_limit or max_packet_size in Mosquitto';
    const size = payload.length < small ? 'even short messages' : 'messages of this size';
    const may = large
      ? `publish there? If it may, the broker refuses ${size} (${settings})`
      : 'publish there?';
    const what = `a ${retain ? 'retained ' : ''}message on ${topic} (${payload.length} bytes)`;
    const error = endsConnectionAt(this.options.url, what, may);
    if (retain && large && this.held.size < mostHeld) this.held.set(topic, { bytes: payload.length, error });
    return (waiting) =>
      waiting.topic === topic && waiting.payload.length === payload.length ? error : undefined;
  }

  private get retainsNothingText(): string {
    return `the broker ${this.options.url} retains no messages: gateways and the coordinator repeat them`;
  }

  private logOnce(text: string, code?: NoticeCode): void {
    if (this.logged.has(text)) return;
    this.logged.add(text);
    if (code) this.options.log.warn(text, code);
    else this.options.log.info(text);
  }
}

import { PayloadReader } from '../payload';
import { LabelRuns } from '../sources/label-runs';
import { type ChannelFigures, Moments, type StreamFigures } from '../sources/stream-measure';
import { readValue, textOf } from '../values';
import { channelNames } from './channel-names';
import { RateOfArrival } from './rate-of-arrival';
import { TextFields } from './text-fields';

/** A message as a survey takes it. */
export interface SurveyedMessage {
  readonly payload: unknown;
  readonly topic?: unknown;
  readonly label?: unknown;
  readonly time?: unknown;
  readonly subject?: unknown;
  /** When it came, milliseconds. */
  readonly receivedMs: number;
}

/** Why a message holds no readings: text, JSON that nobody parsed, bytes, or an object or array without a number. */
export type UnreadKind = 'text' | 'json' | 'bytes' | 'no-numbers';

/** Everything that a survey has found. */
export interface SurveyResult {
  readonly messages: number;
  /** Messages without readings, by kind. */
  readonly unread: Readonly<Partial<Record<UnreadKind, number>>>;
  /** Names of objects in payloads: their numbers are not read, because channels are not nested. */
  readonly nested: readonly string[];
  /** Readings that had a label. */
  readonly labelled: number;
  /** Readings for which a label lasts, the median; undefined if none has begun and ended. */
  readonly labelRun: number | undefined;
  /** Whether there are more channels, labels or readings than a survey keeps. */
  readonly isCut: boolean;
  readonly figures: StreamFigures;
}

/** Messages that are looked at. */
const mostMessages = 20_000;
/** Numbers that are looked at, in all messages and in one. */
const mostValues = 500_000;
const mostInMessage = 2048;
/** Items of an array that are decoded. */
const mostItems = 2048;
const mostChannels = 128;
const mostLabels = 256;
const mostStreams = 64;
const mostReaders = 32;

/**
 * Looks at messages before a task is written: which channels they hold, how often, which values and which labels. It keeps
 * figures and no readings, and takes a bounded number of messages.
 */
export class StreamSurvey {
  private messages = 0;
  private values = 0;
  private readings = 0;
  private labelled = 0;
  /** Readings that may hold several channels: one that such a reading lacks is missing. */
  private rows = 0;
  private isCut = false;
  private readonly unread: Partial<Record<UnreadKind, number>> = {};
  private readonly nested = new Set<string>();
  private readonly channels = new Map<string, Channel>();
  private readonly texts = new TextFields();
  private readonly labels = new Map<string, number>();
  private readonly runs = new LabelRuns();
  private readonly people = new Map<string, number>();
  private readonly rates = new Map<string, RateOfArrival>();
  private readonly readers = new Map<string, PayloadReader>();
  private firstMs = Number.NaN;
  private lastMs = Number.NaN;

  /** Whether it takes no more: it has seen enough, in whatever time. */
  get isFull(): boolean {
    return this.messages >= mostMessages || this.values >= mostValues;
  }

  /** Takes a message, and never throws: what cannot be read is counted. */
  take(message: SurveyedMessage): void {
    if (this.isFull) return;
    this.messages++;
    if (Number.isNaN(this.firstMs)) this.firstMs = message.receivedMs;
    this.lastMs = message.receivedMs;
    const payload = bounded(message.payload);
    const kind = unreadable(payload);
    if (kind) {
      this.count(kind);
      return;
    }
    const topic = textOf(message.topic);
    const names = channelNames(payload, topic, (name) => this.channels.has(name));
    this.noteNested(payload, names);
    if (names.length > 0) this.texts.take(payload);
    try {
      if (names.length === 0) this.count('no-numbers');
      else this.read(payload, topic, names, message);
    } catch {
      // The decoders say what they expect of a task's channels, of which there are none yet.
      this.count('no-numbers');
    }
  }

  get result(): SurveyResult {
    const { messages, labelled, isCut, unread } = this;
    return {
      messages,
      unread: { ...unread },
      nested: [...this.nested],
      labelled,
      labelRun: this.runs.median,
      isCut: isCut || this.isFull,
      figures: {
        readings: this.readings,
        seconds: this.lastMs > this.firstMs ? (this.lastMs - this.firstMs) / 1000 : undefined,
        rateHz: this.rateHz,
        labels: Object.fromEntries(this.labels),
        people: Object.fromEntries(this.people),
        channels: [
          ...[...this.channels].map(([name, channel]) => channel.figures(name, this.rows)),
          ...this.texts.figures(this.rows, (name) => this.channels.has(name)),
        ],
      },
    };
  }

  /** That of the busiest stream: another one may have begun late. */
  private get rateHz(): number | undefined {
    let best: RateOfArrival | undefined;
    for (const rate of this.rates.values()) if (!best || rate.count > best.count) best = rate;
    return best?.hz;
  }

  private read(
    payload: unknown,
    topic: string | undefined,
    names: readonly string[],
    { receivedMs, label, time, subject }: SurveyedMessage,
  ): void {
    const decoding = this.readerOf(names).read(payload, {
      receivedMs,
      ...(topic !== undefined && { topic }),
    });
    let step = decoding.next();
    while (!step.done) step = decoding.next();
    const packet = step.value;
    const count = Math.min(packet.count, Math.ceil(mostInMessage / names.length));
    if (count < packet.count) this.isCut = true;
    const person = packet.subject ?? textOf(subject);
    const rate = this.rateOf(`${person ?? ''}\u0000${names.length > 1 ? '' : names[0]}`);
    rate?.came(packet.count, receivedMs);
    for (let i = 0; i < count; i++) {
      const raw = packet.at(i);
      const own = raw.time ?? (packet.count === 1 ? (packet.time ?? time) : undefined);
      if (own !== undefined) rate?.measuredAt(own);
      this.readings++;
      this.addLabel(raw.label ?? label);
      if (person !== undefined) this.tally(this.people, person);
      if (raw.values !== null) this.addRow(raw.values, names, typeof payload === 'object');
    }
  }

  private addRow(values: object, names: readonly string[], isRow: boolean): void {
    if (isRow) this.rows++;
    const isList = Array.isArray(values) || ArrayBuffer.isView(values);
    for (const [c, name] of names.entries()) {
      const channel = this.channelOf(name);
      if (!channel) continue;
      this.values++;
      channel.add(numberOf((values as Record<string, unknown>)[isList ? c : name], name), names.length > 1);
    }
  }

  private channelOf(name: string): Channel | undefined {
    const known = this.channels.get(name);
    if (known) return known;
    if (this.channels.size >= mostChannels) {
      this.isCut = true;
      return undefined;
    }
    const channel = new Channel();
    this.channels.set(name, channel);
    return channel;
  }

  private addLabel(value: unknown): void {
    const name = value === '' ? undefined : textOf(value);
    this.runs.add(name);
    if (name === undefined) return;
    this.labelled++;
    this.tally(this.labels, name);
  }

  private tally(counts: Map<string, number>, name: string): void {
    const known = counts.get(name);
    if (known === undefined && counts.size >= mostLabels) this.isCut = true;
    else counts.set(name, (known ?? 0) + 1);
  }

  private rateOf(stream: string): RateOfArrival | undefined {
    const known = this.rates.get(stream);
    if (known || this.rates.size >= mostStreams) return known;
    const rate = new RateOfArrival();
    this.rates.set(stream, rate);
    return rate;
  }

  private readerOf(names: readonly string[]): PayloadReader {
    const key = names.join('\u0000');
    let reader = this.readers.get(key);
    if (!reader) {
      if (this.readers.size >= mostReaders) this.readers.clear();
      reader = new PayloadReader(names, 'auto');
      this.readers.set(key, reader);
    }
    return reader;
  }

  private count(kind: UnreadKind): void {
    this.unread[kind] = (this.unread[kind] ?? 0) + 1;
  }

  private noteNested(payload: unknown, names: readonly string[]): void {
    if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) return;
    if (ArrayBuffer.isView(payload) || 'metrics' in payload || 'uplink_message' in payload) return;
    for (const [name, value] of Object.entries(payload)) {
      if (this.nested.size >= 8) return;
      const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
      if (
        isObject &&
        !names.includes(name) &&
        Object.values(value).some((inner) => typeof inner === 'number')
      )
        this.nested.add(name);
    }
  }
}

/** The values of one channel. */
class Channel {
  private readonly moments = new Moments();
  private asked = 0;
  /** Whether it has come together with others. */
  private inRows = false;

  add(value: number, isInRow: boolean): void {
    this.asked++;
    this.inRows ||= isInRow;
    this.moments.add(value);
  }

  figures(name: string, rows: number): ChannelFigures {
    const figures = this.moments.figures;
    const expected = this.inRows ? Math.max(rows, this.asked) : this.asked;
    return { name, unit: '', ...figures, missing: expected - figures.values };
  }
}

/** NaN for what is no number. */
function numberOf(value: unknown, name: string): number {
  if (typeof value === 'boolean') return value ? 1 : 0;
  try {
    return readValue(value, name);
  } catch {
    return Number.NaN;
  }
}

/** The payload without what is beyond the number of items that are decoded. */
function bounded(payload: unknown): unknown {
  if (Array.isArray(payload)) return payload.length > mostItems ? payload.slice(0, mostItems) : payload;
  const metrics = (payload as { metrics?: unknown } | null | undefined)?.metrics;
  return Array.isArray(metrics) && metrics.length > mostItems
    ? { ...(payload as object), metrics: metrics.slice(0, mostItems) }
    : payload;
}

function unreadable(payload: unknown): UnreadKind | undefined {
  if (Buffer.isBuffer(payload) || payload instanceof ArrayBuffer || payload instanceof DataView)
    return 'bytes';
  if (typeof payload === 'string') {
    if (/^\s*[[{]/.test(payload)) return 'json';
    return channelNames(payload, undefined).length > 0 ? undefined : 'text';
  }
  return undefined;
}

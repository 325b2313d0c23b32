import { FtteError, messageOf } from '../../platform';
import { marked } from '../beats';
import { endsStep, PayloadReader, type RawReading } from '../payload';
import type { TimeFormat, TimeStamp } from '../time';
import {
  CategoryReader,
  inArray,
  missingValues,
  NoValueGuard,
  type ReadingWithTexts,
  RowReader,
  readLabel,
  ScaleGuard,
} from '../values';
import { type Delivery, hasTime, printOf, readMessage, rowText, stampOf } from './delivery';
import { type StreamContext, streamSettings } from './stream-context';
import type { IncomingRow, StreamCutter } from './stream-cutter';
import { Streams } from './streams';
import { Tally } from './tally';
import type {
  LabelledWindow,
  ReadingContext,
  StreamNotice,
  WindowerCounts,
  WindowerOptions,
} from './windower-types';

const none: readonly LabelledWindow[] = [];
/** A unit that changes is news, and so are the reason why readings are late, and another category. */
const isNews: ReadonlySet<StreamNotice['code']> = new Set(['time-unit', 'late', 'category-unknown']);

/**
 * Cuts the readings of a wire into windows `[length, channels]`, every `hop` readings, and the stream of each device or
 * person separately. It is deterministic: its output depends only on its input.
 */
export class Windower {
  private readonly shared: StreamContext;
  private readonly names: readonly string[];
  private readonly time: TimeFormat;
  private readonly payloads: PayloadReader;
  private readonly reader: RowReader;
  private readonly categories: readonly (CategoryReader | undefined)[];
  private readonly guard: ScaleGuard;
  private readonly noValues: NoValueGuard;
  private readonly streams: Streams;
  private readonly tally = new Tally();
  private readonly blank: Float64Array;
  private readonly onRefused: (error: Error) => void;

  /** @throws FtteError `config-invalid` */
  constructor(options: WindowerOptions) {
    const { onRestart, onNotice } = options;
    const settings = streamSettings(options);
    const input = settings.arriving;
    const said = new Set<string>();
    const notice: StreamContext['notice'] = (about) => {
      const news = isNews.has(about.code) ? about.text : '';
      const key = `${about.code} ${about.channel ?? ''} ${about.used === true} ${news}`;
      if (said.has(key)) return;
      said.add(key);
      onNotice?.(about);
    };
    this.names = input.channels.map((channel) => channel.name);
    this.time = options.time ?? 'auto';
    this.onRefused = options.onRefused ?? (() => undefined);
    this.payloads = new PayloadReader(this.names, options.format ?? 'auto');
    const missing = missingValues(options.missing ?? []);
    this.categories = input.channels.map(
      ({ name, categories }) =>
        categories &&
        new CategoryReader(name, categories, missing, (text) =>
          notice({ code: 'category-unknown', text, channel: name, used: true }),
        ),
    );
    this.reader = new RowReader(this.names, missing, this.categories);
    this.guard = new ScaleGuard(
      input,
      options.farValues ?? 'refuse',
      ([channel = ''], text) => notice({ code: 'scale', text, channel }),
      ([channel = ''], text) => notice({ code: 'scale', text, channel, used: true }),
    );
    this.noValues = new NoValueGuard(this.names, (channel, text) =>
      notice({ code: 'no-value', text, channel, used: true }),
    );
    this.blank = new Float64Array(this.names.length);
    this.shared = {
      ...settings,
      tally: this.tally,
      restart: (reason, text, lost) => onRestart?.({ reason, text, lost }),
      notice,
      isFar: (channel) => this.guard.hasFar(channel),
    };
    this.streams = new Streams(this.shared, options.streams ?? 'auto');
  }

  get counts(): WindowerCounts {
    const unknown = this.categories.reduce((sum, reader) => sum + (reader?.unknown ?? 0), 0);
    return { ...this.tally.counts(this.streams.waiting), unknownCategories: unknown };
  }

  /** Readings that have come so far. */
  get received(): number {
    return this.tally.received;
  }

  /**
   * Takes the payload of a message: an object by channel name, an array in channel order, a single value named by the
   * topic, several readings at once, or one of the formats of `payload/`. A reading may have its own `label` and `time`
   * if no channel has that name. If some of several readings cannot be read, they are reported to `onRefused`.
   * @returns the windows that this completed, most often none
   * @throws FtteError `reading-invalid`, `label-unknown`; no part of the message is accepted then
   */
  push(payload: unknown, context: ReadingContext = {}): readonly LabelledWindow[] {
    return collect(this.cut(payload, context));
  }

  /**
   * Like `push`, in steps of a few readings, after which the caller may pause. Each step gives the windows that it completed,
   * often none.
   */
  *cut(payload: unknown, context: ReadingContext = {}): Generator<readonly LabelledWindow[], void, void> {
    const delivery = yield* this.receive(payload, context);
    const { packet } = delivery;
    if (packet.count === 0 || !this.beginBatch(delivery)) return;
    let refused = 0;
    let first: unknown;
    for (let i = 0; i < packet.count; i++) {
      try {
        const cutter = yield* this.takeReading(delivery, i);
        const windows = cutter.windows();
        if (windows.length > 0 || endsStep(i)) yield windows;
      } catch (error) {
        first ??= packet.batch ? inArray(i, error) : error;
        refused++;
      }
    }
    this.streams.current?.clock.endBatch();
    if (refused === 0) return;
    if (refused === packet.count) throw first;
    const more = refused > 1 ? ` (and ${refused - 1} more of ${packet.count})` : '';
    this.onRefused(new FtteError('reading-invalid', `${messageOf(first)}${more}`, {}, { cause: first }));
  }

  /**
   * Takes a row that is already validated; NaN is a missing value, and categories are texts. @throws FtteError `reading-invalid`, `label-unknown`
   */
  pushReading(reading: ReadingWithTexts): readonly LabelledWindow[] {
    const { subject, timeMs } = reading;
    this.reader.read(reading.values);
    const label = this.tagged(readLabel(reading.label, this.shared.labels), reading.beat);
    const cutter = this.streams.of({ subject, channel: '', device: '' });
    const row = this.incoming(label, '', false);
    const time = cutter.timeOf(
      row,
      timeMs === undefined ? undefined : { value: timeMs, plain: false },
      undefined,
    );
    let windows = none;
    while (cutter.makeRows(time.ms)) windows = joined(windows, cutter.windows());
    this.guard.check(row.values);
    this.noValues.check(row.values);
    cutter.take(row, time);
    return joined(windows, cutter.windows());
  }

  /**
   * Makes the rows of held values that are due, for sensors that report on change. @param receivedMs the present time
   */
  *advance(receivedMs: number): Generator<readonly LabelledWindow[], void, void> {
    for (const cutter of this.streams.all) {
      while (cutter.makeRowsUntil(receivedMs)) yield cutter.windows();
      yield cutter.windows();
    }
  }

  /** Decides about readings that wait for later ones, as if none will come. */
  flush(): readonly LabelledWindow[] {
    let windows = none;
    for (const cutter of this.streams.all) {
      cutter.flush();
      windows = joined(windows, cutter.windows());
    }
    return windows;
  }

  /** Forgets the unfinished windows. The counts stay. */
  reset(): void {
    this.streams.clear();
  }

  /** @throws FtteError `reading-invalid` */
  private *receive(
    payload: unknown,
    context: ReadingContext,
  ): Generator<readonly LabelledWindow[], Delivery, void> {
    try {
      const reading = readMessage(this.payloads, payload, context, this.time);
      for (;;) {
        const step = reading.next();
        if (step.done) return step.value;
        // A pause gives no window.
        yield none;
      }
    } catch (error) {
      this.refuse();
      throw error;
    }
  }

  /** @returns false for a batch that has just come */
  private beginBatch(delivery: Delivery): boolean {
    const { packet, stamp, context } = delivery;
    if (!packet.batch || hasTime(packet) || (!stamp && context.receivedMs === undefined)) return true;
    const cutter = this.cutterOf(delivery, this.names[0]!);
    const isNew = stamp
      ? cutter.clock.beginBatch(stamp, packet.count, printOf(packet, this.reader), context.receivedMs)
      : !cutter.doubles.isDoubleBatch(
          packet.count,
          (i) => rowText(packet, this.reader, i),
          context.receivedMs!,
        );
    if (isNew) return true;
    this.tally.received += packet.count;
    this.tally.refused.duplicate += packet.count;
    return false;
  }

  /** Takes the reading at an index. @returns its stream @throws FtteError */
  private *takeReading(
    delivery: Delivery,
    index: number,
  ): Generator<readonly LabelledWindow[], StreamCutter, void> {
    const { packet, context } = delivery;
    let raw: RawReading;
    let label: number;
    let stamp: TimeStamp | undefined;
    try {
      raw = packet.at(index);
      this.reader.read(raw.values);
      stamp = stampOf(delivery, raw, this.time);
      label = this.tagged(
        readLabel(
          packet.batch ? (raw.label ?? context.label) : (context.label ?? raw.label),
          this.shared.labels,
        ),
        packet.batch ? raw.beat : (context.beat ?? raw.beat),
      );
    } catch (error) {
      this.refuse();
      this.leaveHole(delivery, messageOf(error));
      throw error;
    }
    const channel = this.names[this.reader.absent.indexOf(0)] ?? this.names[0]!;
    const cutter = this.cutterOf(delivery, channel);
    const row = this.incoming(label, packet.fields ?? '', delivery.byTopic, packet.count === 1);
    const time = cutter.timeOf(row, stamp, context.receivedMs);
    while (cutter.makeRows(time.ms)) yield cutter.windows();
    const far = this.guard.check(row.values);
    this.noValues.check(row.values);
    this.tally.farValues += far;
    if (raw.values === null) cutter.takeBlank(this.emptied(), undefined, time);
    else if (far > 0 && row.values.every(Number.isNaN)) {
      this.refuse();
      cutter.takeBlank(this.emptied(), 'its values are hundreds of spreads from their centres', time);
    } else cutter.take(row, time);
    return cutter;
  }

  /** The label with the mark of a beat, if windows are cut at marks. */
  private tagged(label: number, beat: unknown): number {
    const isBeat = this.shared.input.cut?.kind === 'marks' && (beat === true || Number(beat) > 0);
    return isBeat ? marked(label) : label;
  }

  /** Leaves a place for a refused reading. If the stream has times, they show the place. */
  private leaveHole(delivery: Delivery, reason: string): void {
    if (delivery.byTopic) return;
    const { packet, context, subject, device } = delivery;
    if (packet.batch) {
      const cutter = this.cutterOf(delivery, this.names[0]!);
      const row = { ...this.incoming(-1, '', false), absentCount: 0 };
      cutter.takeBlank(this.emptied(), reason, cutter.timeOf(row, undefined, context.receivedMs));
      return;
    }
    const cutter = this.streams.find({ subject, channel: this.names[0]!, device });
    if (cutter && !cutter.isTimed)
      cutter.takeBlank(this.emptied(), reason, { ms: undefined, stamped: false, unsure: false });
  }

  private refuse(): void {
    this.tally.received++;
    this.tally.refused.invalid++;
  }

  private cutterOf({ subject, device }: Delivery, channel: string): StreamCutter {
    return this.streams.of({ subject, channel, device });
  }

  private incoming(label: number, fields: string, byTopic: boolean, isAlone = false): IncomingRow {
    const { values, absent, absentCount } = this.reader;
    return { values, absent, absentCount, label, fields, byTopic, isAlone };
  }

  private emptied(): Float64Array {
    return this.blank.fill(Number.NaN);
  }
}

function collect(steps: Iterable<readonly LabelledWindow[]>): readonly LabelledWindow[] {
  const windows: LabelledWindow[] = [];
  for (const more of steps) for (const window of more) windows.push(window);
  return windows.length === 0 ? none : windows;
}

function joined(some: readonly LabelledWindow[], more: readonly LabelledWindow[]): readonly LabelledWindow[] {
  if (more.length === 0) return some;
  return some.length === 0 ? more : [...some, ...more];
}

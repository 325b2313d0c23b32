import type { Clock, NoticeCode } from '../../gateway/platform';
import type { Restart, StreamNotice } from '../../gateway/stream';
import { type Look, roughTime, type Words } from '../runtime';

/** A stream without windows for this time is shown as standing still, unless its windows are longer. */
const patienceMs = 10_000;
/** Windows without a label for this time are shown, if a train node learns from them. */
const labelPatienceMs = 30_000;
/** For slow streams: number of windows that may lack a label in a row. */
const labelWindows = 3;
/** A standstill is logged if it has lasted for this time. */
const logMs = 30_000;
/** The time over which the rate of readings is measured. */
const rateMs = 5000;
/** Time after the end of a source in which its last readings may arrive. */
const endMs = 5000;
/** Factor by which a window may be later than its length. */
const slack = 1.5;

/** The pace of a stream: how long to wait for it. */
export interface StreamPace {
  readonly rateHz: number;
  /** Milliseconds in which a window is due. */
  readonly windowMs: number;
  /** Milliseconds for which no reading need come. Undefined for a stream that never pauses. */
  readonly holdMs: number | undefined;
}

/** The reason why there are no windows, as a text of the status line. */
interface Problem {
  readonly key: string;
  readonly words?: Words;
}

/**
 * The health of a stream, for the status line: readings per second and windows in green, and the reason in yellow if no
 * windows have come for a while.
 */
export class StreamHealth {
  private pace: StreamPace | undefined;
  private lastWindow = 0;
  private lastReading = 0;
  private readings = 0;
  private windows = 0;
  private restarts = 0;
  /** The reason why no window comes until somebody acts. */
  private lasting: Problem | undefined;
  /** An event since the last window. */
  private passing: Problem | undefined;
  /** Faults of the windows that come. */
  private wrongRate: Problem | undefined;
  private wrongUnit: Problem | undefined;
  /** When the last window with a label left. */
  private lastLabelled = 0;
  private saidStandstill = false;
  /** When the source of the readings last ended by itself. */
  private endedMs: number | undefined;
  /** Numbers of readings at some moments, for their rate. */
  private readonly marks: { ms: number; readings: number }[] = [];

  /**
   * @param needsLabels whether a train node learns from the labels of these windows
   * @param onStandstill receives, once for each standstill, its length and whether readings come
   */
  constructor(
    private readonly clock: Clock,
    private readonly needsLabels: () => boolean,
    private readonly onStandstill: (text: string, code: NoticeCode) => void,
  ) {}

  /** Begins with the cutting of a stream. */
  begin(pace: StreamPace): void {
    this.pace = pace;
    this.lastWindow = this.lastReading = this.lastLabelled = this.clock.now();
    this.lasting = this.passing = this.wrongRate = this.wrongUnit = undefined;
  }

  /** @param readings number of readings since the start */
  readingsCame(readings: number): void {
    const now = this.clock.now();
    if (this.endedMs !== undefined && now - this.endedMs >= endMs) {
      // It is played again.
      this.endedMs = undefined;
      this.lastWindow = now;
    }
    this.lastReading = now;
    this.readings = readings;
    const { marks } = this;
    if (marks.length === 0 || now - marks.at(-1)!.ms >= 1000) marks.push({ ms: now, readings });
    while (marks.length > 2 && now - marks[1]!.ms > rateMs) marks.shift();
  }

  /** @param labelled whether one of them has a label */
  windowsLeft(count: number, labelled: boolean): void {
    this.windows += count;
    this.lastWindow = this.clock.now();
    if (labelled) this.lastLabelled = this.lastWindow;
    this.lasting = this.passing = undefined;
    this.saidStandstill = false;
  }

  restarted({ reason }: Restart): void {
    // The stream of another subject continues, which is no fault.
    if (reason === 'subject') return;
    this.restarts++;
    this.passing = { key: reason };
  }

  /** The source ended by itself. What it has sent may still be on its way. */
  sourceEnded(): void {
    this.endedMs = this.clock.now();
  }

  /** A reading came and was refused: the sensor is not silent. */
  refused(): void {
    this.lastReading = this.clock.now();
    this.passing = { key: 'invalid' };
  }

  noticed({ code, channel = '', hz = 0, used = false }: StreamNotice): void {
    if (code === 'rate') {
      this.wrongRate = { key: code, words: { hz: short(hz), task: short(this.pace?.rateHz ?? 0) } };
    } else if (code === 'time-unit' && !used) this.lasting = this.wrongUnit = { key: code };
    else if (used && (code === 'scale' || code === 'no-value' || code === 'channel-stuck'))
      this.wrongUnit ??= { key: code, words: { channel } };
    else if (code === 'channel-missing' || code === 'scale') this.lasting = { key: code, words: { channel } };
  }

  /** Checks the clock. Call it about every second. */
  check(): void {
    const { pace } = this;
    const idleMs = this.clock.now() - this.lastWindow;
    if (!pace || this.saidStandstill || idleMs < Math.max(logMs, slack * pace.windowMs)) return;
    if (this.hasEnded && this.windows > 0) return;
    this.saidStandstill = true;
    const seconds = Math.round(idleMs / 1000);
    if (this.hasEnded) this.onStandstill('the readings have ended before one window was whole', 'overdue');
    else if (this.isSilent(pace))
      this.onStandstill(
        `no readings for ${Math.round((this.clock.now() - this.lastReading) / 1000)} s`,
        'silent',
      );
    else this.onStandstill(`no window for ${seconds} s, although readings come`, 'overdue');
  }

  /** Whether nothing came since the source ended by itself: nothing is missed then. */
  private get hasEnded(): boolean {
    return this.endedMs !== undefined && this.lastReading - this.endedMs < endMs;
  }

  private isSilent(pace: StreamPace): boolean {
    const limit = pace.holdMs ?? Math.max(patienceMs, 3000 / pace.rateHz);
    return this.clock.now() - this.lastReading >= limit;
  }

  /** The status line; undefined before a stream is cut. */
  look(): Look | undefined {
    const { pace } = this;
    if (!pace) return undefined;
    const now = this.clock.now();
    const idleMs = now - this.lastWindow;
    const isOverdue = idleMs >= Math.max(patienceMs, slack * pace.windowMs);
    const time = (sinceMs: number) => ({ time: roughTime(now - sinceMs) });
    if (this.isSilent(pace) && !this.hasEnded)
      return yellow({ key: 'silent', words: time(this.lastReading) });
    if (this.lasting) return yellow(this.lasting);
    if (this.isSilent(pace) && this.windows > 0)
      return { fill: 'grey', shape: 'dot', key: 'ended', words: { windows: this.windows } };
    if (isOverdue)
      return yellow(this.passing ?? this.wrongRate ?? { key: 'overdue', words: time(this.lastWindow) });
    const wrong = this.wrongRate ?? this.wrongUnit;
    if (wrong) return yellow(wrong);
    if (
      now - this.lastLabelled >= Math.max(labelPatienceMs, labelWindows * pace.windowMs) &&
      this.needsLabels()
    )
      return yellow({ key: 'no-labels', words: time(this.lastLabelled) });
    return this.working();
  }

  private working(): Look {
    const { windows, restarts } = this;
    const words = { windows, restarts, rate: short(this.readingsPerSecond) };
    const key = restarts > 0 ? 'restarts' : 'windows';
    if (windows > 0) return { fill: 'green', shape: 'dot', key, words };
    return { fill: 'grey', shape: 'ring', key, words };
  }

  private get readingsPerSecond(): number {
    const first = this.marks[0];
    const elapsed = first ? this.clock.now() - first.ms : 0;
    return first && elapsed > 0 ? ((this.readings - first.readings) * 1000) / elapsed : 0;
  }
}

const yellow = ({ key, words = {} }: Problem): Look => ({ fill: 'yellow', shape: 'ring', key, words });

/** At most three digits: 49.8, 0.1, 6400. */
function short(hz: number): string {
  return hz >= 100 ? String(Math.round(hz)) : String(Number(hz.toPrecision(hz >= 10 ? 3 : 2)));
}

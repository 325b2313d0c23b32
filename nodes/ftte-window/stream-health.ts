import type { Clock, NoticeCode } from '../../gateway/platform';
import type { Restart, StreamNotice } from '../../gateway/stream';
import type { Status, Words } from '../runtime';

/** A stream without windows for so long is shown as one that stands still, if windows are not longer. */
const patienceMs = 10_000;
/** A standstill is logged if it has lasted for so long. */
const logMs = 30_000;
/** Over how long the rate of readings is measured. */
const rateMs = 5000;
/** Times that a window may take longer than it is long. */
const slack = 1.5;

/** How a stream is cut, as far as it says how long to wait. */
export interface StreamPace {
  readonly rateHz: number;
  /** Milliseconds in which a window is due. */
  readonly windowMs: number;
  /** Milliseconds for which nothing need come; undefined for a stream that never pauses. */
  readonly holdMs: number | undefined;
}

/** Why there are no windows, as a text of the status line. */
interface Problem {
  readonly key: string;
  readonly words?: Words;
}

/**
 * How a stream is, for the status line: readings per second in and windows out in green, and yellow with the reason if
 * none have come for a while.
 */
export class StreamHealth {
  private pace: StreamPace | undefined;
  private lastWindow = 0;
  private lastReading = 0;
  private readings = 0;
  private windows = 0;
  private restarts = 0;
  /** Why no window comes until something is done about it. */
  private lasting: Problem | undefined;
  /** What happened since the last window. */
  private passing: Problem | undefined;
  /** What is wrong with the windows that come. */
  private wrongRate: Problem | undefined;
  private saidStandstill = false;
  /** Readings that had come at some moments, for their rate. */
  private readonly marks: { ms: number; readings: number }[] = [];

  /** @param onStandstill receives, once for each standstill, how long it lasts and whether readings come */
  constructor(
    private readonly status: Status,
    private readonly clock: Clock,
    private readonly onStandstill: (text: string, code: NoticeCode) => void,
  ) {}

  /** A stream is cut from now on. */
  begin(pace: StreamPace): void {
    this.pace = pace;
    this.lastWindow = this.lastReading = this.clock.now();
    this.lasting = this.passing = this.wrongRate = undefined;
    this.show();
  }

  /** @param readings how many there have been */
  readingsCame(readings: number): void {
    const now = this.clock.now();
    this.lastReading = now;
    this.readings = readings;
    const { marks } = this;
    if (marks.length === 0 || now - marks.at(-1)!.ms >= 1000) marks.push({ ms: now, readings });
    while (marks.length > 2 && now - marks[1]!.ms > rateMs) marks.shift();
  }

  windowsLeft(count: number): void {
    this.windows += count;
    this.lastWindow = this.clock.now();
    this.lasting = this.passing = undefined;
    this.saidStandstill = false;
    this.show();
  }

  restarted({ reason }: Restart): void {
    // Another subject's stream goes on, nothing went wrong.
    if (reason === 'subject') return;
    this.restarts++;
    this.passing = { key: reason };
    this.show();
  }

  refused(): void {
    this.passing = { key: 'invalid' };
  }

  noticed({ code, channel = '', hz = 0 }: StreamNotice): void {
    if (code === 'rate') {
      this.wrongRate = { key: code, words: { hz: short(hz), task: short(this.pace?.rateHz ?? 0) } };
    } else if (code === 'channel-missing' || code === 'scale')
      this.lasting = { key: code, words: { channel } };
    this.show();
  }

  /** Looks at the clock: to be called every second or so. */
  check(): void {
    this.show();
    const { pace } = this;
    const idleMs = this.clock.now() - this.lastWindow;
    if (!pace || this.saidStandstill || idleMs < Math.max(logMs, slack * pace.windowMs)) return;
    this.saidStandstill = true;
    const seconds = Math.round(idleMs / 1000);
    if (this.isSilent(pace))
      this.onStandstill(
        `no readings for ${Math.round((this.clock.now() - this.lastReading) / 1000)} s`,
        'silent',
      );
    else this.onStandstill(`no window for ${seconds} s, though readings come`, 'overdue');
  }

  private isSilent(pace: StreamPace): boolean {
    const limit = pace.holdMs ?? Math.max(patienceMs, 3000 / pace.rateHz);
    return this.clock.now() - this.lastReading >= limit;
  }

  private show(): void {
    const { pace } = this;
    if (!pace) return;
    const idleMs = this.clock.now() - this.lastWindow;
    const isOverdue = idleMs >= Math.max(patienceMs, slack * pace.windowMs);
    if (this.isSilent(pace)) this.yellow({ key: 'silent' });
    else if (this.lasting) this.yellow(this.lasting);
    else if (isOverdue) this.yellow(this.passing ?? this.wrongRate ?? { key: 'overdue' });
    else if (this.wrongRate) this.yellow(this.wrongRate);
    else this.green();
  }

  private yellow({ key, words = {} }: Problem): void {
    this.status.set('yellow', 'ring', `ftte-window.status.${key}`, words);
  }

  private green(): void {
    const { windows, restarts } = this;
    const words = { windows, restarts, rate: short(this.readingsPerSecond) };
    const key = `ftte-window.status.${restarts > 0 ? 'restarts' : 'windows'}`;
    if (windows > 0) this.status.set('green', 'dot', key, words);
    else this.status.set('grey', 'ring', key, words);
  }

  private get readingsPerSecond(): number {
    const first = this.marks[0];
    const elapsed = first ? this.clock.now() - first.ms : 0;
    return first && elapsed > 0 ? ((this.readings - first.readings) * 1000) / elapsed : 0;
  }
}

/** Three digits at most: 49.8, 0.1, 6400. */
function short(hz: number): string {
  return hz >= 100 ? String(Math.round(hz)) : String(Number(hz.toPrecision(hz >= 10 ? 3 : 2)));
}

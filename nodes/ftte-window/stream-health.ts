import type { Clock, NoticeCode } from '../../gateway/platform';
import type { Restart, StreamNotice } from '../../gateway/stream';
import type { Status, Words } from '../runtime';

/** A stream without windows for this time is shown as standing still, unless its windows are longer. */
const patienceMs = 10_000;
/** A standstill is logged if it has lasted for this time. */
const logMs = 30_000;
/** The time over which the rate of readings is measured. */
const rateMs = 5000;
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
  /** A fault of the windows that come. */
  private wrongRate: Problem | undefined;
  private saidStandstill = false;
  /** Numbers of readings at some moments, for their rate. */
  private readonly marks: { ms: number; readings: number }[] = [];

  /** @param onStandstill receives, once for each standstill, its length and whether readings come */
  constructor(
    private readonly status: Status,
    private readonly clock: Clock,
    private readonly onStandstill: (text: string, code: NoticeCode) => void,
  ) {}

  /** Begins with the cutting of a stream. */
  begin(pace: StreamPace): void {
    this.pace = pace;
    this.lastWindow = this.lastReading = this.clock.now();
    this.lasting = this.passing = this.wrongRate = undefined;
    this.show();
  }

  /** @param readings number of readings since the start */
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
    // The stream of another subject continues, which is no fault.
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

  /** Checks the clock. Call it about every second. */
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
    else this.onStandstill(`no window for ${seconds} s, although readings come`, 'overdue');
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

/** At most three digits: 49.8, 0.1, 6400. */
function short(hz: number): string {
  return hz >= 100 ? String(Math.round(hz)) : String(Number(hz.toPrecision(hz >= 10 ? 3 : 2)));
}

import type { Clock, Timer } from '../time/clock';
import type { Notice, NoticeLevel } from './notice';
import type { NoticeCode } from './notice-codes';
import { isOpposite } from './recovery';

/** Pauses after which a notice that goes on is said again, with its number. */
const pausesMs: readonly number[] = [60_000, 600_000, 3_600_000];
/** A notice that did not happen for 6 hours is news again. */
const forgottenMs = 6 * 3_600_000;
/** Texts of one code that are counted separately; all others of that code are one. */
const mostTexts = 4;

interface Counted {
  readonly code: NoticeCode;
  level: NoticeLevel;
  text: string;
  details: Notice['details'];
  count: number;
  said: number;
  /** Number of times that it has been said. */
  times: number;
  lastMs: number;
  nextMs: number;
}

/**
 * Counts what happens again and again: each notice is said at once, then counted, and said once more after 1 min, 10 min and
 * every hour with its number. A log on an SD card has one line, not one for each message. What was only counted is not said
 * any more once the opposite has happened, so that the last line is true. Memory is bounded by the number of codes,
 * whatever the texts are.
 */
export class NoticeCounter {
  private readonly byCode = new Map<NoticeCode, Map<string, Counted>>();
  private timer: Timer | undefined;
  private stopped = false;

  /**
   * @param onDue receives notices that `say` is to say now, and those that happened again since they were said, when their
   * pause is over
   */
  constructor(
    private readonly clock: Clock,
    private readonly onDue: (notice: Notice) => void,
  ) {}

  /**
   * Counts a notice.
   * @param text for a person; texts of one code that differ in numbers only are the same notice
   * @returns the notice, and whether to say it now; false if it has just been said
   */
  count({ code, level, text, details }: Omit<Notice, 'count'>): {
    readonly notice: Notice;
    readonly due: boolean;
  } {
    const now = this.clock.now();
    this.endOpposite(code);
    const counted = this.find(code, text, now);
    Object.assign(counted, { level, text, details, count: counted.count + 1, lastMs: now });
    const due = now >= counted.nextMs;
    if (due) this.markSaid(counted, now);
    else this.wait();
    return { notice: noticeOf(counted), due };
  }

  /** Counts a notice, and hands it on at once if it is to be said now. */
  say(happened: Omit<Notice, 'count'>): void {
    const { notice, due } = this.count(happened);
    if (due) this.onDue(notice);
  }

  /** Ends a code whose cause is over: what was only counted of it is not said any more. */
  end(code: NoticeCode): void {
    for (const counted of this.byCode.get(code)?.values() ?? []) counted.said = counted.count;
  }

  /** Ends the timer; nothing is said of what was only counted. */
  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
  }

  private find(code: NoticeCode, text: string, now: number): Counted {
    const texts = this.byCode.get(code) ?? new Map<string, Counted>();
    this.byCode.set(code, texts);
    for (const [key, { lastMs }] of texts) if (now - lastMs >= forgottenMs) texts.delete(key);
    const key = text.replace(/\d+(\.\d+)?/g, '#').slice(0, 200);
    const place = texts.has(key) || texts.size < mostTexts ? key : '';
    const known = texts.get(place);
    if (known) return known;
    const never = { details: undefined, count: 0, said: 0, times: 0 };
    const counted: Counted = { code, level: 'info', text, ...never, lastMs: now, nextMs: now };
    texts.set(place, counted);
    return counted;
  }

  private endOpposite(code: NoticeCode): void {
    for (const [other, texts] of this.byCode)
      if (isOpposite(code, other)) for (const counted of texts.values()) counted.said = counted.count;
  }

  private markSaid(counted: Counted, now: number): void {
    counted.nextMs = now + (pausesMs[counted.times] ?? pausesMs.at(-1)!);
    counted.times++;
    counted.said = counted.count;
  }

  /** Sets the timer to when the first of those that were only counted is due. */
  private wait(): void {
    if (this.timer || this.stopped) return;
    const waiting = this.unsaid.map(({ nextMs }) => nextMs);
    if (waiting.length === 0) return;
    this.timer = this.clock.after(Math.min(...waiting) - this.clock.now(), () => {
      this.timer = undefined;
      const now = this.clock.now();
      const due = this.unsaid.filter(({ nextMs }) => now >= nextMs);
      for (const counted of due) {
        this.markSaid(counted, now);
        this.onDue(noticeOf(counted));
      }
      this.wait();
    });
  }

  private get unsaid(): Counted[] {
    return [...this.byCode.values()]
      .flatMap((texts) => [...texts.values()])
      .filter(({ count, said }) => count > said);
  }
}

const noticeOf = ({ code, level, text, count, details }: Counted): Notice => ({
  code,
  level,
  text,
  count,
  ...(details && { details }),
});

import { type Clock, systemClock } from '../../../gateway/platform';

/** Pauses after which a fault that goes on is said again, with its number. */
const pausesMs = [60_000, 600_000, 3_600_000];
/** A fault that did not happen for 6 hours is news again. */
const forgottenMs = 6 * 3_600_000;
/** Faults that are counted separately; more of them are one. */
const mostFaults = 64;

interface Fault {
  text: string;
  count: number;
  said: number;
  /** Number of times it has been said. */
  times: number;
  lastMs: number;
  nextMs: number;
}

/**
 * Faults that come again and again: each is said once, then counted, and said once more in a while with its number
 * (`x 238`). A log on an SD card has one line, not one for each message.
 */
export class RepeatedFaults {
  private readonly faults = new Map<string, Fault>();

  constructor(private readonly clock: Clock = systemClock) {}

  /**
   * Counts a fault.
   * @param text for a person; texts that differ in their numbers only are the same fault
   * @returns what to say of it now; undefined if it has just been said
   */
  count(text: string): string | undefined {
    const now = this.clock.now();
    const fault = this.faultOf(text, now);
    fault.count++;
    fault.lastMs = now;
    fault.text = text;
    return now >= fault.nextMs ? this.say(fault, now) : undefined;
  }

  /** Texts of faults that happened again since they were said, and are due. */
  due(): string[] {
    const now = this.clock.now();
    const due = [...this.faults.values()].filter(({ count, said, nextMs }) => count > said && now >= nextMs);
    return due.map((fault) => this.say(fault, now));
  }

  private faultOf(text: string, now: number): Fault {
    let key = text.replace(/\d+(\.\d+)?/g, '#');
    if (!this.faults.has(key) && this.faults.size >= mostFaults) key = '';
    const known = this.faults.get(key);
    if (known && now - known.lastMs < forgottenMs) return known;
    const fault = { text, count: 0, said: 0, times: 0, lastMs: now, nextMs: now };
    this.faults.set(key, fault);
    return fault;
  }

  private say(fault: Fault, now: number): string {
    fault.nextMs = now + pausesMs[Math.min(fault.times, pausesMs.length - 1)]!;
    fault.times++;
    fault.said = fault.count;
    return fault.count === 1 ? fault.text : `${fault.text} (x ${fault.count})`;
  }
}

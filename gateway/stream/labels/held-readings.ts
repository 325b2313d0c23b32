import type { GivenLabel } from './label-action';

/** A message with readings that is held back. */
export interface HeldReading<Item> {
  readonly item: Item;
  readonly subject: string | undefined;
  readonly cameMs: number;
  readonly bytes: number;
  label: GivenLabel | undefined;
}

/** Bounds of what is held back. */
export interface HeldLimits {
  readonly messages: number;
  readonly bytes: number;
}

/** Passed messages at the front of the list, after which it is made shorter. */
const longestFront = 1024;

/** Messages in the order in which they came, each with the label that it will leave with. */
export class HeldReadings<Item> {
  private list: (HeldReading<Item> | undefined)[] = [];
  private front = 0;
  private bytes = 0;

  constructor(private readonly limits: HeldLimits) {}

  get size(): number {
    return this.list.length - this.front;
  }

  /** The oldest. */
  get first(): HeldReading<Item> | undefined {
    return this.list[this.front];
  }

  get isOver(): boolean {
    return this.size > this.limits.messages || this.bytes > this.limits.bytes;
  }

  push(reading: HeldReading<Item>): void {
    this.list.push(reading);
    this.bytes += reading.bytes;
  }

  shift(): HeldReading<Item> | undefined {
    const { first } = this;
    if (!first) return undefined;
    this.list[this.front++] = undefined;
    this.bytes -= first.bytes;
    if (this.front >= longestFront && this.front * 2 >= this.list.length) {
      this.list = this.list.slice(this.front);
      this.front = 0;
    }
    return first;
  }

  /** Gives a label to those that came at a time or later. @returns their number */
  label(label: GivenLabel, subject: string | undefined, fromMs: number): number {
    let count = 0;
    for (let at = this.list.length - 1; at >= this.front; at--) {
      const reading = this.list[at]!;
      if (reading.cameMs < fromMs) break;
      if (subject !== undefined && reading.subject !== subject) continue;
      reading.label = label;
      count++;
    }
    return count;
  }

  clear(): void {
    this.list = [];
    this.front = this.bytes = 0;
  }
}

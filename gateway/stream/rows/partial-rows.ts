import { repeats } from '../values';
import { ChannelOrder } from './channel-order';
import { ChannelSteps } from './channel-steps';

/** Receives rows in the order of their times, with NaN for a channel that has not come. */
export type RowSink = (values: Float64Array, label: number, ms: number | undefined) => void;

/** The outcome for values: they began a row, joined one, or had come before. */
export type Arrival = 'new' | 'joined' | 'repeated';

/** Most rows that wait for their channels. The oldest is then sent without them. */
const mostOpen = 8;
/** A row waits for a channel until the newest row is this number of periods ahead. */
const patience = 4;
/** Rows without a channel that has never come, after which no row waits for it. */
const hopes = 8;

interface OpenRow {
  readonly values: Float64Array;
  /** 1 for a channel that has come. */
  readonly present: Uint8Array;
  missing: number;
  label: number;
  readonly ms: number | undefined;
}

/**
 * Assembles rows from messages that bring some of the channels each. If there are times, values that were measured less
 * than half a period apart are one row, whatever their order of arrival. A row does not wait for a channel whose later
 * values have come, which is slow and not due, or for which it has waited long enough. Without times, a row is complete
 * when a channel comes again.
 */
export class PartialRows {
  private readonly open: OpenRow[] = [];
  private readonly steps: ChannelSteps;
  private readonly order: ChannelOrder;
  private readonly unmet: Uint32Array;
  /** Values of slow channels for the next row. */
  private readonly slow: Float64Array;
  private hasSlow = false;

  constructor(
    private readonly channels: number,
    private readonly periodMs: () => number,
    private readonly sink: RowSink,
  ) {
    this.steps = new ChannelSteps(channels);
    this.order = new ChannelOrder(channels);
    this.unmet = new Uint32Array(channels);
    this.slow = new Float64Array(channels).fill(Number.NaN);
  }

  /** Rows that wait for channels. */
  get waiting(): number {
    return this.open.length;
  }

  /**
   * Takes the values of a message.
   * @param absent 1 for each channel without a value in the message; all 0 for a complete row
   */
  push(values: Float64Array, absent: Uint8Array, label: number, ms: number | undefined): Arrival {
    if (ms === undefined) return this.pushUntimed(values, absent, label);
    if (this.onlySlow(values, absent, ms)) return 'joined';
    const arrival = this.merge(values, absent, label, ms);
    this.sendClosed();
    return arrival;
  }

  /** Sends the waiting rows as they are. */
  flush(): void {
    while (this.open.length > 0) this.sendOldest();
  }

  /** Times have been reinterpreted: they become `ms * scale + offset`. */
  adjust(scale: number, offset: number): void {
    this.open.forEach((row, i) => {
      if (row.ms !== undefined) this.open[i] = { ...row, ms: row.ms * scale + offset };
    });
    this.steps.adjust(scale, offset);
  }

  private pushUntimed(values: Float64Array, absent: Uint8Array, label: number): Arrival {
    const row = this.open[0];
    if (row && (overlaps(row, absent) || this.isOutOfOrder(row, absent))) this.sendOldest();
    const joined = this.open.length > 0;
    const target = this.open[0] ?? this.begin(undefined);
    fill(target, values, absent, label, this.channels);
    this.order.learn(absent, this.channels - target.missing);
    if (target.missing === 0) this.sendOldest();
    return joined ? 'joined' : 'new';
  }

  /** True if the values belong to another row, by the usual order of channels. */
  private isOutOfOrder(row: OpenRow, absent: Uint8Array): boolean {
    return row.missing < this.channels && this.order.isContradicted(row.present, absent);
  }

  /** Keeps values of channels that make no row alone for the next row, if no open one is near. */
  private onlySlow(values: Float64Array, absent: Uint8Array, ms: number): boolean {
    const { fastest } = this.steps;
    let slow = true;
    for (let c = 0; c < this.channels; c++) {
      if (absent[c]) continue;
      this.steps.add(c, ms);
      if (!this.steps.isSlow(c, fastest)) slow = false;
    }
    if (!slow || this.near(ms, absent)) return false;
    for (let c = 0; c < this.channels; c++) if (!absent[c]) this.slow[c] = values[c]!;
    this.hasSlow = true;
    return true;
  }

  private merge(values: Float64Array, absent: Uint8Array, label: number, ms: number): Arrival {
    const row = this.near(ms, absent);
    if (row) {
      fill(row, values, absent, label, this.channels);
      return 'joined';
    }
    // The same values at the same time are a message that came twice.
    const twice = this.open.some(
      (other) => other.ms === ms && overlaps(other, absent) && repeats(values, other.values),
    );
    if (twice) return 'repeated';
    fill(this.begin(ms), values, absent, label, this.channels);
    return 'new';
  }

  /** The open row of about this time without any of these channels. */
  private near(ms: number, absent: Uint8Array): OpenRow | undefined {
    const radius = Math.max(this.periodMs(), this.steps.fastest || 0) / 2;
    let best: OpenRow | undefined;
    for (const row of this.open) {
      const distance = Math.abs(row.ms! - ms);
      if (distance < radius && !overlaps(row, absent) && !(best && Math.abs(best.ms! - ms) <= distance))
        best = row;
    }
    return best;
  }

  private begin(ms: number | undefined): OpenRow {
    const row: OpenRow = {
      values: this.slow.slice(),
      present: new Uint8Array(this.channels),
      missing: this.channels,
      label: -1,
      ms,
    };
    if (this.hasSlow) {
      for (let c = 0; c < this.channels; c++) if (!Number.isNaN(this.slow[c])) mark(row, c);
      this.slow.fill(Number.NaN);
      this.hasSlow = false;
    }
    let place = this.open.length;
    while (ms !== undefined && place > 0 && this.open[place - 1]!.ms! > ms) place--;
    this.open.splice(place, 0, row);
    return row;
  }

  private sendClosed(): void {
    while (this.open.length > 0 && (this.open.length > mostOpen || this.isClosed(this.open[0]!)))
      this.sendOldest();
  }

  private sendOldest(): void {
    const row = this.open.shift()!;
    for (let c = 0; c < this.channels; c++) {
      if (!row.present[c]) this.unmet[c]!++;
      else this.unmet[c] = 0;
    }
    this.sink(row.values, row.label, row.ms);
  }

  private isClosed(row: OpenRow): boolean {
    if (row.missing === 0) return true;
    const newest = this.open.at(-1)!.ms!;
    if (newest - row.ms! >= patience * this.periodMs()) return true;
    for (let c = 0; c < this.channels; c++) if (!row.present[c] && this.mayCome(c, row.ms!)) return false;
    return true;
  }

  /** True if the value of the channel for a row of this time may still come. */
  private mayCome(channel: number, ms: number): boolean {
    const { steps } = this;
    const last = steps.lastOf(channel);
    if (Number.isNaN(last)) return this.unmet[channel]! < hopes;
    const period = this.periodMs();
    if (last > ms + period / 2) return false;
    return !steps.isSlow(channel, steps.fastest) || ms >= last + steps.stepOf(channel) - period / 2;
  }
}

function overlaps(row: OpenRow, absent: Uint8Array): boolean {
  for (let c = 0; c < absent.length; c++) if (!absent[c] && row.present[c]) return true;
  return false;
}

function fill(row: OpenRow, values: Float64Array, absent: Uint8Array, label: number, channels: number): void {
  for (let c = 0; c < channels; c++) {
    if (absent[c]) continue;
    row.values[c] = values[c]!;
    mark(row, c);
  }
  if (label >= 0) row.label = label;
}

function mark(row: OpenRow, channel: number): void {
  if (!row.present[channel]) row.missing--;
  row.present[channel] = 1;
}

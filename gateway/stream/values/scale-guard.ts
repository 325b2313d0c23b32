import type { Task } from '../../task';

/** Values this many spreads from the centre are no measurements of the channel as the task describes it. */
const mostSpreads = 200;
/** A channel whose values are mostly this far from its centre was given no centre and spread, or those of another unit. */
const suspectSpreads = 25;
/** Values that are looked at before a channel is suspected. */
const enough = 8;

/** What is done with a value that is hundreds of spreads from its channel's centre. */
export type FarValues = 'refuse' | 'clip';

/**
 * Watches that values fit the centre and spread of their channels. A value hundreds of spreads away is taken for a
 * missing one, or clipped; a channel that arrives far away is named once. Only normalisation `channel` scales by these.
 */
export class ScaleGuard {
  private readonly watched: boolean;
  private readonly centre: Float64Array;
  private readonly spread: Float64Array;
  private readonly seen: Uint32Array;
  private readonly suspect: Uint32Array;
  private readonly far: Uint8Array;

  /** @param onFar receives, once for each channel, what does not fit, in words */
  constructor(
    private readonly input: Task['input'],
    private readonly farValues: FarValues,
    private readonly onFar: (channel: string, text: string) => void,
  ) {
    const { channels } = input;
    this.watched = input.normalisation === 'channel';
    this.centre = Float64Array.from(channels, ({ centre }) => centre);
    this.spread = Float64Array.from(channels, ({ spread }) => spread);
    this.seen = new Uint32Array(channels.length);
    this.suspect = new Uint32Array(channels.length);
    this.far = new Uint8Array(channels.length);
  }

  /** True if values of the channel were taken for missing. */
  hasFar(channel: number): boolean {
    return this.far[channel] === 1;
  }

  /** Replaces in place what is too far away. @returns how many values were taken for missing */
  check(row: Float64Array): number {
    if (!this.watched) return 0;
    let refused = 0;
    for (let c = 0; c < row.length; c++) {
      const value = row[c]!;
      if (Number.isNaN(value)) continue;
      const spreads = Math.abs(value - this.centre[c]!) / this.spread[c]!;
      this.count(c, spreads, value);
      if (spreads <= mostSpreads) continue;
      if (this.farValues === 'clip')
        row[c] = this.centre[c]! + Math.sign(value - this.centre[c]!) * mostSpreads * this.spread[c]!;
      else {
        row[c] = Number.NaN;
        this.far[c] = 1;
        refused++;
      }
    }
    return refused;
  }

  private count(channel: number, spreads: number, value: number): void {
    if (this.seen[channel]! >= enough) return;
    this.seen[channel]!++;
    if (spreads > suspectSpreads) this.suspect[channel]!++;
    if (this.seen[channel] !== enough || this.suspect[channel]! * 2 <= enough) return;
    const { name, centre, spread } = this.input.channels[channel]!;
    const about = centre === 0 ? `spread ${spread}` : `centre ${centre}, spread ${spread}`;
    this.onFar(name, `channel ${name} arrives at ${magnitude(value)} (${about}): set centre and spread`);
  }
}

/** A value to one digit: enough to see a wrong unit, and nobody's measurement. */
function magnitude(value: number): string {
  return String(Number(value.toPrecision(1)));
}

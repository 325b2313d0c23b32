import type { Task } from '../../task';
import { type Measured, TypicalDistance } from './typical-distance';

/**
 * Values that are further from the centre than this number of spreads are not measurements of the channel in the task.
 */
const mostSpreads = 200;
/** If most values of a channel are this far from its centre, its centre and spread are missing or of another unit. */
const suspectSpreads = 25;
/** Values that are examined before a channel is suspected. */
const enough = 8;

/** The treatment of a value that is hundreds of spreads from the centre of its channel. */
export type FarValues = 'refuse' | 'clip';

/**
 * Checks that values fit the centre and spread of their channels. A value hundreds of spreads away is treated as
 * missing, or clipped; a channel whose values are far away is reported once, and so is one whose typical value is too
 * far away for its unit. Only normalisation `channel` uses centre and spread.
 */
export class ScaleGuard {
  private readonly watched: boolean;
  private readonly centre: Float64Array;
  private readonly spread: Float64Array;
  private readonly seen: Uint32Array;
  private readonly suspect: Uint32Array;
  private readonly far: Uint8Array;
  private readonly typical: TypicalDistance;

  /**
   * @param onFar receives, once per channel, the values that do not fit, in words
   * @param onUnit receives, once per channel, that its values are used but typically of another unit, in words
   */
  constructor(
    private readonly input: Task['input'],
    private readonly farValues: FarValues,
    private readonly onFar: (channel: string, text: string) => void,
    private readonly onUnit: (channel: string, text: string) => void,
  ) {
    const { channels } = input;
    this.watched = input.normalisation === 'channel';
    this.centre = Float64Array.from(channels, ({ centre }) => centre);
    this.spread = Float64Array.from(channels, ({ spread }) => spread);
    this.seen = new Uint32Array(channels.length);
    this.suspect = new Uint32Array(channels.length);
    this.far = new Uint8Array(channels.length);
    this.typical = new TypicalDistance(channels.length, input.length);
  }

  /** True if values of the channel were treated as missing. */
  hasFar(channel: number): boolean {
    return this.far[channel] === 1;
  }

  /** Replaces values that are too far away in place. @returns the number of values that were treated as missing */
  check(row: Float64Array): number {
    if (!this.watched) return 0;
    let refused = 0;
    for (let c = 0; c < row.length; c++) {
      const value = row[c]!;
      if (Number.isNaN(value)) continue;
      const spreads = Math.abs(value - this.centre[c]!) / this.spread[c]!;
      this.count(c, spreads, value);
      const isUsed = spreads <= mostSpreads || this.farValues === 'clip';
      const measured = isUsed ? this.typical.count(c, value, spreads) : undefined;
      if (measured) this.doubtUnit(c, measured);
      if (spreads <= mostSpreads) continue;
      if (isUsed)
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

  private doubtUnit(channel: number, measured: Measured): void {
    const { name, centre, spread } = this.input.channels[channel]!;
    const found = `centre ${magnitude(measured.centre)}, spread ${magnitude(measured.spread)}`;
    this.onUnit(
      name,
      `channel ${name} is typically far from its centre (measured: about ${found}; task: centre ${centre}, spread ${spread}): is the unit right?`,
    );
  }
}

/** A value to one digit: enough to see a wrong unit, and not a measurement. */
function magnitude(value: number): string {
  return String(Number(value.toPrecision(1)));
}

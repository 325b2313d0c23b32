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
/** The mean of a channel is this near to the centre of the channel that it is exchanged with, in spreads. */
const fittingSpreads = 2;
/** It is that number of times further from its own centre. */
const likelier = 2;

/** The treatment of a value that is hundreds of spreads from the centre of its channel. */
export type FarValues = 'refuse' | 'clip';

/** A channel and what was found there, in words. */
interface Finding {
  readonly channel: number;
  readonly name: string;
  readonly unit: string;
  readonly text: string;
}

/**
 * Checks that values fit the centre and spread of their channels. A value hundreds of spreads away is treated as
 * missing, or clipped; a channel whose values are far away is reported once, and so is one whose typical value is too
 * far away for its unit. Only normalisations `channel` and `person` use centre and spread.
 */
export class ScaleGuard {
  private readonly watched: boolean;
  private readonly centre: Float64Array;
  private readonly spread: Float64Array;
  private readonly seen: Float64Array;
  /** Means of all values, as they came. */
  private readonly mean: Float64Array;
  private readonly suspect: Uint32Array;
  private readonly far: Uint8Array;
  private readonly typical: TypicalDistance;
  /** Channels whose values were named because most do not fit. */
  private readonly isFound: Uint8Array;
  /** Units of channels that were doubted: one sensor has most often one unit. */
  private readonly doubtedUnits = new Set<string>();
  /** Findings of the present row. */
  private found: Finding[] = [];
  private doubted: Finding[] = [];

  /**
   * @param onFar receives channels whose values do not fit, each once, in words
   * @param onUnit receives channels whose values are used but typically of another unit, each once, in words
   */
  constructor(
    private readonly input: Task['input'],
    private readonly farValues: FarValues,
    private readonly onFar: (channels: readonly string[], text: string) => void,
    private readonly onUnit: (channels: readonly string[], text: string) => void,
  ) {
    const { channels } = input;
    this.watched = input.normalisation === 'channel' || input.normalisation === 'person';
    this.centre = Float64Array.from(channels, ({ centre }) => centre);
    this.spread = Float64Array.from(channels, ({ spread }) => spread);
    this.seen = new Float64Array(channels.length);
    this.mean = new Float64Array(channels.length);
    this.suspect = new Uint32Array(channels.length);
    this.far = new Uint8Array(channels.length);
    this.isFound = new Uint8Array(channels.length);
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
    this.found = [];
    this.doubted = [];
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
    this.report();
    return refused;
  }

  /** Says what was found in one row at once: a sensor of another unit is usually one of all its axes. */
  private report(): void {
    const { found, doubted } = this;
    if (found.length > 0) {
      const arrive = found.map(({ name, text }) => `${name} arrives at ${text}`).join(', ');
      this.onFar(
        found.map(({ name }) => name),
        `channel${found.length > 1 ? 's' : ''} ${arrive}: ${this.swapped(found) ?? 'set centre and spread'}`,
      );
    }
    if (doubted.length === 0) return;
    for (const { unit } of doubted) if (unit !== '') this.doubtedUnits.add(unit);
    const names = doubted.map(({ name }) => name);
    const are =
      names.length > 1 ? 'are typically far from their centres' : 'is typically far from its centre';
    const measured = doubted
      .map(({ name, text }) => (names.length > 1 ? `${name}: ${text}` : text))
      .join('; ');
    this.onUnit(
      names,
      `channel${names.length > 1 ? 's' : ''} ${names.join(', ')} ${are} (${measured}): ${this.swapped(doubted) ?? 'is the unit right?'}`,
    );
  }

  /** Two channels, one of them among the findings, each of which fits the other's place: in words, or undefined. */
  private swapped(findings: readonly Finding[]): string | undefined {
    const { channels } = this.input;
    for (const { channel: a } of findings)
      for (const b of channels.keys())
        if (this.fits(a, b) && this.fits(b, a))
          return `${channels[a]!.name} and ${channels[b]!.name} look as if they were swapped`;
    return undefined;
  }

  /** Whether the values of a channel are as those of another should be, and not as its own should be. */
  private fits(channel: number, place: number): boolean {
    if (this.seen[channel]! < enough) return false;
    const spreadsFrom = (of: number) => Math.abs(this.mean[channel]! - this.centre[of]!) / this.spread[of]!;
    const there = spreadsFrom(place);
    return there <= fittingSpreads && spreadsFrom(channel) > likelier * Math.max(there, fittingSpreads / 2);
  }

  private count(channel: number, spreads: number, value: number): void {
    const seen = ++this.seen[channel]!;
    this.mean[channel]! += (value - this.mean[channel]!) / seen;
    if (seen > enough) return;
    if (spreads > suspectSpreads) this.suspect[channel]!++;
    if (seen !== enough || this.suspect[channel]! * 2 <= enough) return;
    const { name, unit, centre, spread } = this.input.channels[channel]!;
    const about = centre === 0 ? `spread ${spread}` : `centre ${centre}, spread ${spread}`;
    this.isFound[channel] = 1;
    this.found.push({ channel, name, unit, text: `${magnitude(value)} (${about})` });
  }

  private doubtUnit(channel: number, measured: Measured): void {
    // It was named already, for what is as likely another unit; so was one of the same unit.
    const { name, unit, centre, spread } = this.input.channels[channel]!;
    if (this.isFound[channel] === 1 || this.doubtedUnits.has(unit)) return;
    const found = `centre ${magnitude(measured.centre)}, spread ${magnitude(measured.spread)}`;
    this.doubted.push({
      channel,
      name,
      unit,
      text: `measured: about ${found}; task: centre ${centre}, spread ${spread}`,
    });
  }
}

/** A value to one digit: enough to see a wrong unit, and not a measurement. */
function magnitude(value: number): string {
  return String(Number(value.toPrecision(1)));
}

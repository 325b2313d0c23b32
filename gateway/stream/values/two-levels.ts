/** Values of a channel that are judged together. */
const judged = 16;
/** Judgements in a row that have to agree. */
const agreeing = 2;
/** Values at each of the two levels, and changes between them, at least. */
const [fewestAtLevel, fewestChanges] = [4, 6];
/** Numbers beyond those of signed integers, which come back as these where the sign is lost. */
const wraps = [2 ** 16, 2 ** 32];
/** Share of that number within which values on both sides of it are. */
const nearWrap = 1 / 8;
/** Values on each side of it. */
const fewestWrapped = 2;
/** The levels are further apart than the values of either by this factor. */
const apart = 4;

/**
 * Finds signed numbers that are read without their sign, and channels that jump between two levels from reading to reading,
 * as they do if two sensors, or one sensor in two units, write to them: 20 and 68 °C and °F, 1 and 9.81. A channel of two
 * numbers, such as on and off, is none of these, as its values do not vary at a level. Each channel is reported once, and
 * its values are used.
 */
export class TwoLevels {
  private readonly values: Float64Array;
  private readonly counts: Uint8Array;
  private readonly found: Uint8Array;

  /** @param onFound receives a channel and what was found, in words */
  constructor(
    private readonly names: readonly string[],
    private readonly onFound: (channel: string, text: string) => void,
  ) {
    this.values = new Float64Array(names.length * judged);
    this.counts = new Uint8Array(names.length);
    this.found = new Uint8Array(names.length);
  }

  /** Examines the values of a row of one stream; NaN is a missing value. */
  check(row: Float64Array): void {
    for (let c = 0; c < row.length; c++) {
      const value = row[c]!;
      if (Number.isNaN(value) || this.found[c]! >= agreeing) continue;
      this.values[c * judged + this.counts[c]!++] = value;
      if (this.counts[c]! < judged) continue;
      this.counts[c] = 0;
      this.judge(c);
    }
  }

  private judge(channel: number): void {
    const wrap = wrapOf(this.values.subarray(channel * judged, (channel + 1) * judged));
    if (wrap !== undefined) {
      this.found[channel] = agreeing;
      const name = this.names[channel]!;
      this.onFound(
        name,
        `channel ${name} jumps between numbers near 0 and near ${wrap}: if it is a signed number, subtract ${wrap} from those above ${wrap / 2 - 1}`,
      );
      return;
    }
    const levels = levelsOf(this.values.subarray(channel * judged, (channel + 1) * judged));
    this.found[channel] = levels ? this.found[channel]! + 1 : 0;
    if (!levels || this.found[channel]! < agreeing) return;
    const name = this.names[channel]!;
    const [low, high] = levels.map((level) => Number(level.toPrecision(1)));
    this.onFound(
      name,
      `channel ${name} jumps between about ${low} and about ${high} from reading to reading, and is used so: do two sensors, or two units, write to it?`,
    );
  }
}

/** The number that is too much in some of the values; undefined if there is none. */
function wrapOf(values: Float64Array): number | undefined {
  if (!values.every((value) => Number.isInteger(value) && value >= 0)) return undefined;
  return wraps.find((wrap) => {
    const low = values.filter((value) => value < nearWrap * wrap).length;
    const high = values.filter((value) => value >= (1 - nearWrap) * wrap && value < wrap).length;
    return low >= fewestWrapped && high >= fewestWrapped && low + high === values.length;
  });
}

/** The means of the two levels between which values jump; undefined if they do not. */
function levelsOf(values: Float64Array): [low: number, high: number] | undefined {
  const sorted = values.toSorted();
  let split = 0;
  for (let i = 1; i < sorted.length; i++)
    if (split === 0 || sorted[i]! - sorted[i - 1]! > sorted[split]! - sorted[split - 1]!) split = i;
  if (Math.min(split, sorted.length - split) < fewestAtLevel) return undefined;
  const [low, high] = [sorted.subarray(0, split), sorted.subarray(split)];
  const gap = high[0]! - low.at(-1)!;
  const ranges = [low, high].map((level) => level.at(-1)! - level[0]!);
  if (Math.min(...ranges) === 0 || gap < apart * Math.max(...ranges)) return undefined;
  let changes = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! < high[0]! !== values[i - 1]! < high[0]!) changes++;
  return changes < fewestChanges ? undefined : [mean(low), mean(high)];
}

const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

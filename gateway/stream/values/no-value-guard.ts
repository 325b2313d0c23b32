/** Numbers that devices, loggers and file formats write in place of a value. */
const usual: ReadonlySet<number> = new Set([
  -127,
  -999,
  -999.9,
  -9999,
  -99_999,
  999,
  999.9,
  9999,
  99_999,
  32_767,
  -32_768,
  65_535,
  2 ** 31 - 1,
  -(2 ** 31),
  2 ** 32 - 1,
  1e20,
  1e30,
  9.969209968386869e36,
]);
/** Such a number is no measurement if it is further from zero than the other values by this factor. */
const usualFactor = 4;
/** Any number is suspect that is beyond the other values by this factor, and larger than most sensors give. */
const anyFactor = 10_000;
const large = 1e5;
/** A number of this size is suspect beside zeros, too. A channel that begins with zeros may measure smaller ones. */
const beyondSensors = 1e9;
/** Values that differ by no more than this factor are of one size. */
const sameSize = 4;
/** Other values that show the size of measurements. */
const enough = 8;
/** Values without any other one. */
const only = 16;

/**
 * Finds channels whose values are measurements and, now and then, a number that stands for "no value". It changes nothing:
 * the number may be a measurement, so that a person decides. Each channel is reported once.
 */
export class NoValueGuard {
  private readonly channels: ChannelSizes[];

  /** @param onFound receives channels and numbers, in words */
  constructor(
    names: readonly string[],
    private readonly onFound: (channel: string, text: string) => void,
  ) {
    this.channels = names.map((name) => new ChannelSizes(name));
  }

  /** Examines the values of a row that are used; NaN is a missing value. */
  check(row: Float64Array): void {
    for (let c = 0; c < row.length; c++) {
      const channel = this.channels[c]!;
      const value = row[c]!;
      if (channel.isSaid || Number.isNaN(value)) continue;
      const found = channel.take(value);
      if (found !== undefined) this.onFound(channel.name, found);
    }
  }
}

/** The sizes of the values of a channel: those of most values, and of numbers that are suspect. */
class ChannelSizes {
  isSaid = false;
  /** The largest value without sign, apart from those of the usual numbers, and how many are of its size. */
  private peak = 0;
  private peakValue = 0;
  private peaks = 0;
  /** The largest of the other values, and their number. */
  private largest = 0;
  private others = 0;
  /** The newest of the usual numbers, and how many came. */
  private suspect = 0;
  private suspected = 0;

  constructor(readonly name: string) {}

  /** @returns what was found, in words, once */
  take(value: number): string | undefined {
    if (usual.has(value)) {
      this.suspect = value;
      this.suspected++;
    } else if (!this.measure(Math.abs(value), value) && this.isPeakSuspect) {
      // A smaller value shows that the large one came now and then.
      return this.say(this.peakValue, this.largest);
    }
    return this.suspected > 0 ? this.judge() : undefined;
  }

  /** @returns whether the value is of the size of the largest one */
  private measure(size: number, value: number): boolean {
    if (sameSize * size <= this.peak) {
      this.largest = Math.max(this.largest, size);
      this.others++;
      return false;
    }
    if (size > sameSize * this.peak) {
      this.largest = Math.max(this.largest, this.peak);
      this.others += this.peaks;
      this.peaks = 0;
    }
    this.peaks++;
    if (size >= this.peak) [this.peak, this.peakValue] = [size, value];
    return true;
  }

  private get isPeakSuspect(): boolean {
    const { peak, largest, others, peaks } = this;
    if (others < enough || peaks * 2 > others || peak <= anyFactor * largest) return false;
    return peak >= (largest > 0 ? large : beyondSensors);
  }

  private judge(): string | undefined {
    const { suspect, peak } = this;
    const others = this.others + this.peaks;
    if (others === 0 ? this.suspected < only : others < enough) return undefined;
    if (Math.abs(suspect) > usualFactor * peak) return this.say(suspect, others === 0 ? undefined : peak);
    // The channel measures such numbers.
    this.suspected = 0;
    return undefined;
  }

  private say(suspect: number, largest: number | undefined): string {
    this.isSaid = true;
    const beside =
      largest === undefined ? 'is always' : `is up to ${Number(largest.toPrecision(1))} and now and then`;
    return `channel ${this.name} ${beside} ${suspect}, which is used as a measurement: if it stands for no value, add ${suspect} to what is missing`;
  }
}

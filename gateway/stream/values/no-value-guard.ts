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
/** Any number is suspect that is beyond the other values by this factor, and larger than any sensor's. */
const anyFactor = 1000;
const beyondSensors = 1e9;
/** Other values that show the size of measurements. */
const enough = 8;
/** Values without any other one. */
const only = 16;

/**
 * Finds channels whose values are measurements and, now and then, a number that stands for "no value". It changes nothing:
 * the number may be a measurement, so that a person decides. Each channel is reported once.
 */
export class NoValueGuard {
  private readonly largest: Float64Array;
  private readonly others: Uint32Array;
  private readonly suspects: Float64Array;
  private readonly suspected: Uint32Array;
  private readonly isSaid: Uint8Array;

  /** @param onFound receives channels and numbers, in words */
  constructor(
    private readonly names: readonly string[],
    private readonly onFound: (channel: string, text: string) => void,
  ) {
    this.largest = new Float64Array(names.length);
    this.others = new Uint32Array(names.length);
    this.suspects = new Float64Array(names.length);
    this.suspected = new Uint32Array(names.length);
    this.isSaid = new Uint8Array(names.length);
  }

  /** Examines the values of a row that are used; NaN is a missing value. */
  check(row: Float64Array): void {
    for (let c = 0; c < row.length; c++) {
      const value = row[c]!;
      if (this.isSaid[c] === 1 || Number.isNaN(value)) continue;
      if (this.isSuspect(c, value)) {
        this.suspects[c] = value;
        this.suspected[c]!++;
      } else {
        this.largest[c] = Math.max(this.largest[c]!, Math.abs(value));
        this.others[c]!++;
      }
      if (this.suspected[c]! > 0) this.judge(c);
    }
  }

  private isSuspect(channel: number, value: number): boolean {
    if (usual.has(value)) return true;
    const size = Math.abs(value);
    return (
      size >= beyondSensors && this.others[channel]! >= enough && size > anyFactor * this.largest[channel]!
    );
  }

  private judge(channel: number): void {
    const suspect = this.suspects[channel]!;
    const others = this.others[channel]!;
    if (others === 0 ? this.suspected[channel]! < only : others < enough) return;
    if (Math.abs(suspect) <= usualFactor * this.largest[channel]!) {
      // The channel measures such numbers.
      this.suspected[channel] = 0;
      return;
    }
    this.isSaid[channel] = 1;
    const name = this.names[channel]!;
    const beside =
      others === 0
        ? 'is always'
        : `is up to ${Number(this.largest[channel]!.toPrecision(1))} and now and then`;
    this.onFound(
      name,
      `channel ${name} ${beside} ${suspect}, which is used as a measurement: if it stands for no value, add ${suspect} to what is missing`,
    );
  }
}

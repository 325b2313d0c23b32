import { type CsvReader, openCsv, type TableChoices } from '../csv';
import type { Reading, ReadingSource } from '../values';

/** Settings for reading a file. Everything that is left out is recognised. */
export type CsvOptions = TableChoices;

/**
 * A text file with a table, one reading per row, which is read while it is played. Its dialect, the place of the table and
 * the meaning of the columns are recognised, or set by the user.
 */
export class CsvSource implements ReadingSource {
  /** The length is known only at the end of the file. */
  readonly length = undefined;
  readonly labels: readonly string[] = [];
  readonly subjects: readonly string[] = [];
  readonly channels: readonly string[];
  readonly units: readonly string[];
  readonly categories: readonly (readonly string[] | undefined)[];
  readonly rateHz: number | undefined;
  readonly isSparse: boolean;
  /** A description of everything that was recognised, in one line. */
  readonly recognised: string;

  private constructor(
    path: string,
    private readonly reader: CsvReader,
  ) {
    this.channels = reader.channels.map(({ name }) => name);
    this.units = reader.channels.map(({ unit }) => unit);
    this.categories = reader.channels.map(({ notation }) =>
      notation && 'texts' in notation ? notation.texts : undefined,
    );
    this.rateHz = reader.rateHz;
    this.isSparse = reader.isSparse;
    this.recognised = `${path}: ${reader.recognised}`;
  }

  /**
   * Reads the first lines, and checks the shape of the file but no value: `check` and `readings` do.
   * @throws FtteError `recording-invalid` naming the file, which is no table, or the missing column and the existing ones
   */
  static async open(path: string, options: CsvOptions = {}): Promise<CsvSource> {
    return new CsvSource(path, await openCsv(path, options));
  }

  /** True if the file says whose each reading is. */
  get hasPeople(): boolean {
    return this.reader.hasPeople;
  }

  /** Number of problems in the newest pass, by kind. */
  get counts(): CsvReader['counts'] {
    return this.reader.counts;
  }

  /**
   * Checks the values of the first rows, for a user who plays the file later.
   * @throws FtteError `recording-invalid` naming the line and the column of which no value can be read
   */
  check(): void {
    this.reader.check();
  }

  /** @throws FtteError `recording-invalid` as `check`, or if the file cannot be read on, after the readings before the fault */
  readings(): AsyncIterable<Reading> {
    return this.reader.readings();
  }
}

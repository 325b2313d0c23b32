import { type CsvReader, openCsv, type TableChoices, type TextEncoding } from '../csv';
import type { Reading, ReadingSource } from '../values';

/** How a file is read; what is left out is recognised. */
export interface CsvOptions extends TableChoices {
  readonly encoding?: TextEncoding;
}

/**
 * A table in a text file, one reading per row, read as it is played. How the file is written, what lies before its table,
 * and which column is what, is recognised or chosen.
 */
export class CsvSource implements ReadingSource {
  /** Only reading to the end would show it. */
  readonly length = undefined;
  readonly labels: readonly string[] = [];
  readonly subjects: readonly string[] = [];
  readonly channels: readonly string[];
  readonly units: readonly string[];
  readonly rateHz: number | undefined;
  /** What was recognised of the file, in one line. */
  readonly recognised: string;

  private constructor(
    path: string,
    private readonly reader: CsvReader,
  ) {
    this.channels = reader.channels.map(({ name }) => name);
    this.units = reader.channels.map(({ unit }) => unit);
    this.rateHz = reader.rateHz;
    this.recognised = `${path}: ${reader.recognised}`;
  }

  /**
   * Reads the first lines.
   * @throws FtteError `recording-invalid` naming the file: it is no table, or lacks a column, with the columns it has
   */
  static async open(path: string, options: CsvOptions = {}): Promise<CsvSource> {
    return new CsvSource(path, await openCsv(path, options));
  }

  /** Rows of the newest pass with something wrong, by what it is. */
  get counts(): CsvReader['counts'] {
    return this.reader.counts;
  }

  /** @throws FtteError `recording-invalid` if the file cannot be read on; what came before was read */
  readings(): AsyncIterable<Reading> {
    return this.reader.readings();
  }
}

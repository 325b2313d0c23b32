import type { Reading } from '../values';
import type { RowProblemKind } from './row-problems';

/** What is read of a file or a folder, and how. */
export interface CsvReader {
  readonly channels: readonly { readonly name: string; readonly unit: string }[];
  /** Readings a second, if the file says so. */
  readonly rateHz: number | undefined;
  /** What was recognised, in one line. */
  readonly recognised: string;
  /** Rows of the newest pass with something wrong, by what it is. */
  readonly counts: Readonly<Partial<Record<RowProblemKind, number>>>;
  /**
   * Reads from the first row to the end. Something wrong with a row is reported once and counted.
   * @throws FtteError `recording-invalid` if the file cannot be read on
   */
  readings(): AsyncIterable<Reading>;
}

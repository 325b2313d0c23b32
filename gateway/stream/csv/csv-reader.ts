import type { Reading } from '../values';
import type { Notation } from './cells/notation';
import type { RowProblemKind } from './row-problems';

/** A file or folder that is open for reading. */
export interface CsvReader {
  readonly channels: readonly {
    readonly name: string;
    readonly unit: string;
    readonly notation?: Notation | undefined;
  }[];
  /** Readings per second, if the file gives them. */
  readonly rateHz: number | undefined;
  /** True if readings have a subject. */
  readonly hasPeople: boolean;
  /** True if a reading has values of some channels only, and the others come in readings of their own. */
  readonly isSparse: boolean;
  /** A description of everything that was recognised, in one line. */
  readonly recognised: string;
  /** Number of problems in the newest pass, by kind. */
  readonly counts: Readonly<Partial<Record<RowProblemKind, number>>>;
  /**
   * Checks the values of the first rows, as `readings` does before it reads.
   * @throws FtteError `recording-invalid` naming the line and the column of which no value can be read
   */
  check(): void;
  /**
   * Reads from the first row to the end. Problems of rows are reported once and counted.
   * @throws FtteError `recording-invalid` as `check`, or if the file cannot be read on
   */
  readings(): AsyncIterable<Reading>;
}

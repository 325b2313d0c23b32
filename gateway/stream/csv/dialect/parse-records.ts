import { parse } from 'csv-parse/sync';
import { FtteError } from '../../../platform';

/** Separators of cells; `space` is any number of blanks or tabs. */
export const separators = { comma: ',', semicolon: ';', tab: '\t', pipe: '|', space: ' ' } as const;
export type SeparatorName = keyof typeof separators;
export const separatorNames = Object.keys(separators) as SeparatorName[];

/** The characters that separate, enclose and end cells. */
export interface CellMarks {
  readonly separator: SeparatorName;
  readonly quote: '"' | "'";
  /** True if a semicolon ends each row, with or without a line end. */
  readonly semicolonEnds: boolean;
}

/** The cells of a row, and its first and last line; the text starts with line 1. */
export interface CsvRecord {
  readonly cells: readonly string[];
  readonly line: number;
  readonly lastLine: number;
}

/** Most cells in a row. */
const mostCells = 10_000;

/**
 * The rows of a text with line ends `\n`. Empty lines are skipped.
 * @returns the rows, and `complete: false` if the text behind them has an unclosed or misplaced quote
 * @throws FtteError `recording-invalid` for a row of too many cells
 */
export function parseRecords(
  text: string,
  { separator, quote, semicolonEnds }: CellMarks,
  most = -1,
): { readonly records: CsvRecord[]; readonly complete: boolean } {
  const spaced = separator === 'space';
  const records: CsvRecord[] = [];
  const take = (fields: string[], { lines }: { lines: number }): null => {
    const cells = spaced ? fields.filter((cell) => cell !== '') : fields;
    if (cells.length > mostCells)
      throw new FtteError('recording-invalid', `line ${lines} has ${cells.length} cells, expected a few`);
    records.push({ cells, line: lines - breaksIn(cells), lastLine: lines });
    return null;
  };
  try {
    parse(semicolonEnds ? text.replace(/;[ \t]*(?=\n|$)/g, '') : text, {
      delimiter: spaced ? [' ', '\t'] : separators[separator],
      quote,
      escape: quote,
      record_delimiter: semicolonEnds ? ['\n', ';'] : '\n',
      relax_quotes: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: !spaced,
      to: most,
      on_record: take,
    });
    return { records, complete: true };
  } catch (error) {
    if (error instanceof FtteError) throw error;
    return { records, complete: false };
  }
}

/** Index of the last cell that is not empty; -1 if there is none. */
export function lastCell(cells: readonly string[]): number {
  let last = cells.length - 1;
  while (last >= 0 && cells[last]!.trim() === '') last--;
  return last;
}

function breaksIn(cells: readonly string[]): number {
  let breaks = 0;
  for (const cell of cells) if (cell.includes('\n')) breaks += cell.split('\n').length - 1;
  return breaks;
}

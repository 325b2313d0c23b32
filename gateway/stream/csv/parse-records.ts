import { parse } from 'csv-parse/sync';
import { FtteError } from '../../platform';

/** What stands between the cells of a line; `space` is any number of blanks or tabs. */
export const separators = { comma: ',', semicolon: ';', tab: '\t', pipe: '|', space: ' ' } as const;
export type SeparatorName = keyof typeof separators;
export const separatorNames = Object.keys(separators) as SeparatorName[];

/** How lines are made of cells. */
export interface CellMarks {
  readonly separator: SeparatorName;
  readonly quote: '"' | "'";
  /** True if a semicolon ends each row, beside or in place of the line's end. */
  readonly semicolonEnds: boolean;
}

/** The cells of a row, and the lines it takes; the first line of the text is line 1. */
export interface CsvRecord {
  readonly cells: readonly string[];
  readonly line: number;
  readonly lastLine: number;
}

/** Cells in a row; more of them are no table of channels. */
const mostCells = 10_000;

/**
 * The rows of a text with line ends `\n`; lines without a character are passed over.
 * @returns the rows, and `complete: false` if the text ends inside quotes or has a quote that is out of place behind them
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
    // A row that goes over several lines ends on the last of them.
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

/** Index of the last cell with something in it; -1 if there is none. */
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

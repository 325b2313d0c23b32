import { messageOf } from '../../platform';
import type { MissingValues, Reading } from '../values';
import { readCell } from './cells/notation';
import { cellText, type DecimalMark } from './cells/number-cell';
import type { TimeCells } from './cells/time-cells';
import type { Columns } from './columns/resolve-columns';
import { type CsvRecord, lastCell } from './dialect/parse-records';
import type { BrokenLine } from './read-records';
import type { RowProblems } from './row-problems';

/** Everything that reading the cells of a table needs. */
export interface TableFormat {
  readonly columns: Columns;
  /** Cells in a row. */
  readonly width: number;
  /** Names of the columns as the file has them, to recognise a repeated header. */
  readonly header: readonly string[] | undefined;
  readonly decimal: DecimalMark | undefined;
  readonly missing: MissingValues;
}

/** Converts the rows of a table to readings, in one pass over a file. */
export class TableRows {
  private label: string | undefined;
  private subject: string | undefined;
  private device: string | undefined;
  private readonly lastUsed: number;
  /** The header, if its names distinguish the columns. */
  private readonly header: readonly string[] | undefined;
  private readonly headerNames: ReadonlySet<string>;
  /** Positions of the columns below a header that came again in another order. */
  private order: readonly number[] | undefined;

  constructor(
    private readonly format: TableFormat,
    private readonly times: TimeCells,
    private readonly problems: RowProblems,
  ) {
    const { channels, time, label = 0, subject = 0 } = format.columns;
    const { header = [] } = format;
    this.headerNames = new Set(header);
    const isUnique = this.headerNames.size === header.length && !this.headerNames.has('');
    this.header = header.length >= 2 && isUnique ? header : undefined;
    this.lastUsed = Math.max(label, subject, ...time, ...channels.map(({ index }) => index));
  }

  /** True for a row that may be the end of the file and no reading: totals, or a sentence. */
  isOdd(record: CsvRecord | BrokenLine): boolean {
    if ('broken' in record || isPassedOver(record.cells, this.format)) return false;
    const { cells } = record;
    const { columns, decimal, missing } = this.format;
    const at = cells.findIndex((cell) => cell.trim() !== '');
    const first = cells[at]?.trim() ?? '';
    // A label may be such a word.
    if (footerWords.test(first) && at !== columns.label && at !== columns.subject) return true;
    // A row of all cells, whose values are no numbers, is a faulty reading.
    if (cells.length > this.lastUsed || first === '') return false;
    return columns.channels.every(({ index, notation }) => {
      // A text says nothing about it, and would be one of the column's.
      if (notation && 'texts' in notation) return true;
      try {
        return Number.isNaN(readCell(cellText(cells[index] ?? ''), notation, decimal, missing));
      } catch {
        return true;
      }
    });
  }

  /** Reports rows after the table. */
  footer(records: readonly CsvRecord[]): void {
    for (const { cells, line } of records)
      this.problems.add('footer', line, () => `${shown(cells.join(','))} after the last reading is left out`);
  }

  /**
   * The reading of a row. A row that is left out becomes a reading without values, unless the rows have times, which show
   * the gap.
   * @returns undefined for a comment, a blank line or a repeated header
   */
  read(record: CsvRecord | BrokenLine): Reading | undefined {
    const { problems, format } = this;
    if ('broken' in record) {
      problems.add('quotes', record.line, () => `expected quotes around whole cells, got ${record.broken}`);
      return this.hole();
    }
    const { line } = record;
    if (this.isHeader(record.cells) || isPassedOver(record.cells, format)) return undefined;
    const { order } = this;
    const cells = order ? order.map((index) => record.cells[index] ?? '') : record.cells;
    if (lastCell(cells) >= format.width) {
      problems.add('long', line, () => `the row has ${cells.length} cells, expected ${format.width}`);
      return this.hole();
    }
    if (cells.length <= this.lastUsed)
      problems.add('short', line, () => `the row has ${cells.length} cells, expected ${format.width}`);
    return this.reading(cells, line);
  }

  /** True for a header that comes again, as a logger writes it at its start. The columns may have another order from there on. */
  private isHeader(cells: readonly string[]): boolean {
    const { header, headerNames } = this;
    // Almost every row ends here: its first cell is a value, and no name.
    if (header === undefined || !headerNames.has(cells[0]?.trim() ?? '')) return false;
    if (lastCell(cells) + 1 !== header.length) return false;
    const names = cells.map((cell) => cell.trim());
    const order = header.map((name) => names.indexOf(name));
    if (order.includes(-1)) return false;
    this.order = order.every((index, i) => index === i) ? undefined : order;
    return true;
  }

  private reading(cells: readonly string[], line: number): Reading | undefined {
    const { columns } = this.format;
    const values = this.values(cells, line);
    this.label = wordOf(cells, columns.label);
    this.subject = wordOf(cells, columns.subject);
    this.watchDevice(cells, line);
    if (columns.time.length === 0) return { values, ...this.whose() };
    // A row of separators alone has no time.
    if (lastCell(cells) < 0) return undefined;
    const time = this.time(cells, line);
    return time === false
      ? undefined
      : { values, ...this.whose(), ...(time !== undefined && { timeMs: time }) };
  }

  private watchDevice(cells: readonly string[], line: number): void {
    const { device: column, names } = this.format.columns;
    if (column === undefined) return;
    const device = wordOf(cells, column);
    if (device !== undefined && this.device !== undefined && device !== this.device)
      this.problems.severalDevices(line, names[column] ?? '', shown(this.device), shown(device));
    this.device = device ?? this.device;
  }

  /** Values of the channels; NaN for one that is no number. */
  private values(cells: readonly string[], line: number): number[] {
    const { columns, decimal, missing } = this.format;
    return columns.channels.map(({ name, index, notation }) => {
      const text = cellText(cells[index] ?? '');
      try {
        return readCell(text, notation, decimal, missing);
      } catch (error) {
        this.problems.add('value', line, () => `${name} is ${shown(text)}, ${messageOf(error)}`, name);
        return Number.NaN;
      }
    });
  }

  /** Milliseconds; undefined for a row without a time, false for a time that cannot be read. */
  private time(cells: readonly string[], line: number): number | undefined | false {
    const { time, names } = this.format.columns;
    const text = time
      .map((index) => cellText(cells[index] ?? ''))
      .join(' ')
      .trim();
    try {
      return this.times.read(text);
    } catch (error) {
      const name = time.map((index) => names[index]).join(', ');
      this.problems.add('time', line, () => `${name} is ${shown(text)}, ${messageOf(error)}`);
      return false;
    }
  }

  private whose(): Pick<Reading, 'label' | 'subject'> {
    const { label, subject } = this;
    return { ...(label !== undefined && { label }), ...(subject !== undefined && { subject }) };
  }

  /** A reading without values; undefined if the rows have times. */
  private hole(): Reading | undefined {
    const { channels, time } = this.format.columns;
    if (time.length > 0) return undefined;
    return { values: channels.map(() => Number.NaN), ...this.whose() };
  }
}

/** The first words of lines that sum up a table, or end a file. */
const footerWords =
  /^(grand )?(totals?|sums?|mean|averages?|avg|std|stdev|minimum|maximum|end( of (file|data|record(ing)?|export))?|eof|summe|gesamt|mittelwert|ende)\b[:.]?( |$)/i;

/** True for a blank line, a comment, and a repeated header, as in joined files. */
function isPassedOver(cells: readonly string[], { header }: TableFormat): boolean {
  if (cells.length <= 1 && lastCell(cells) < 0) return true;
  if (/^\s*[#%]/.test(cells[0]!) || cells[0] === '\x1a') return true;
  return header !== undefined && header.length > 0 && header.every((name, i) => name === cells[i]?.trim());
}

/** Words that mean no label and no person. Others, such as none and unknown, may be labels. */
const noWords: ReadonlySet<string> = new Set(['', '?', 'na', 'n/a', 'nan', '#n/a', '<na>']);

function wordOf(cells: readonly string[], column: number | undefined): string | undefined {
  const word = column === undefined ? '' : (cells[column] ?? '').trim();
  return noWords.has(word.toLowerCase()) ? undefined : word;
}

/** A cell in an error, cut to a few characters. */
export function shown(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text);
}

import { FtteError, messageOf } from '../../platform';
import type { TimeFormat } from '../time';
import { type MissingValues, missingValues } from '../values';
import { numberAndUnit, readCell } from './cells/notation';
import { cellText, numberForm, plainNumber } from './cells/number-cell';
import { type ClockUnit, TimeCells } from './cells/time-cells';
import { timeUnit } from './cells/time-scale';
import { type Columns, noRows } from './columns/resolve-columns';
import { type DialectChoices, recogniseDialect } from './dialect/dialect';
import { foreignForm } from './dialect/foreign-forms';
import { type KnownForm, knownForm } from './dialect/known-forms';
import { readRecords } from './read-records';
import { type CsvNotice, RowProblems } from './row-problems';
import { shown, type TableFormat, TableRows } from './table-rows';
import { readHead } from './text/read-head';
import type { TextEncoding } from './text/text-encoding';
import { inOrderOfTime, mostSorted, orderOf, type Timed, type TimeOrder } from './time-order';

/** Settings for reading a file. Everything that is left out is recognised. */
export interface FileChoices extends DialectChoices {
  readonly encoding?: TextEncoding;
  /** The notation of times. Default `auto`: ISO 8601, or numbers whose unit is found out. */
  readonly time?: TimeFormat;
  /** Words and numbers that mean "no value", besides the usual ones: -999, offline. */
  readonly missing?: readonly string[];
  /** Readings per second, if known. Times are then read only if `timeColumn` names their column. */
  readonly rateHz?: number;
  /** Receives each problem of rows once. */
  readonly onNotice?: (notice: CsvNotice) => void;
}

/** A file whose dialect is known. */
export class CsvFile {
  private readonly missing: MissingValues;
  private isOrderReported = false;

  private constructor(
    readonly path: string,
    readonly encoding: TextEncoding,
    readonly form: KnownForm,
    private readonly choices: FileChoices,
  ) {
    this.missing = missingValues(choices.missing ?? []);
  }

  /** Reads the first lines. @throws FtteError `recording-invalid` naming the file, which has no table */
  static async open(path: string, choices: FileChoices): Promise<CsvFile> {
    const head = await readHead(path, choices.encoding);
    const dialect = await recogniseDialect(head.text, choices);
    if (!dialect)
      throw new FtteError('recording-invalid', `${path} is empty, expected rows of numbers`, { path });
    const foreign = foreignForm(dialect);
    if (foreign) throw new FtteError('recording-invalid', `${path} is ${foreign}`, { path });
    return new CsvFile(path, head.encoding, knownForm(path, dialect) ?? { name: '', dialect }, choices);
  }

  get dialect(): KnownForm['dialect'] {
    return this.form.dialect;
  }

  /** The rows below the header, in pieces. @throws FtteError `recording-invalid` if the file cannot be read on */
  records(): ReturnType<typeof readRecords> {
    return readRecords(this.path, this.encoding, this.dialect);
  }

  /** Converts rows to readings in one pass. */
  rows(columns: Columns, problems: RowProblems, order: TimeOrder): TableRows {
    return new TableRows(this.format(columns), this.times(columns, order === 'falling'), problems);
  }

  private format(columns: Columns): TableFormat {
    const { dialect, missing } = this;
    const { width, header } = dialect.table;
    return { columns, width, header, decimal: dialect.decimal, missing };
  }

  /** The order of the first rows. @param isRead false for rows that are left out */
  timeOrder(columns: Columns, isRead: (cells: readonly string[]) => boolean = () => true): TimeOrder {
    if (columns.time.length === 0) return 'rising';
    const order = (falls: boolean) => {
      const silent = new RowProblems(this.path, () => undefined);
      const rows = new TableRows(this.format(columns), this.times(columns, falls), silent);
      return orderOf(
        this.dialect.rows.filter(({ cells }) => isRead(cells)).flatMap((row) => rows.read(row) ?? []),
      );
    };
    const found = order(false);
    // Times of day that fall past midnight look as if they rose.
    return found !== 'rising' && order(true) === 'falling' ? 'falling' : found;
  }

  /** Rows in the order of time, if the file has them in another. @throws FtteError `recording-invalid` if they are too many */
  inOrder<T extends Timed>(rows: AsyncIterable<T>, order: TimeOrder, columns: Columns): AsyncIterable<T> {
    if (order === 'rising') return rows;
    const time = columns.time.map((index) => columns.names[index]).join(', ');
    return inOrderOfTime(rows, order, () => {
      const text = `${this.path} is not in the order of ${time}, and has more than ${mostSorted} rows: sort it by ${time}`;
      return new FtteError('recording-invalid', text, { path: this.path });
    });
  }

  /** Reports rows that have no order, in the first pass over them. */
  reportOrder(order: TimeOrder, columns: Columns): void {
    if (order !== 'mixed' || this.isOrderReported) return;
    this.isOrderReported = true;
    const time = columns.time.map((index) => columns.names[index]).join(', ');
    const text = `${this.path} is not in the order of ${time}: its rows are sorted`;
    this.choices.onNotice?.({ level: 'warning', text });
  }

  /** @throws FtteError `recording-invalid` naming the file, if nothing lies below its header */
  private requireRows(): void {
    const { path, dialect, form } = this;
    if (dialect.rows.length === 0) throw noRows(path, dialect.table, form.clock && 'a start and a rate');
  }

  /** The unit of times that are numbers, or the name of their clock if that is not read; undefined for other times. */
  unitOfTimes({ time, names, units }: Columns): ClockUnit | { readonly foreign: string } | undefined {
    const { rateHz, time: format = 'auto' } = this.choices;
    const [index] = time;
    if (index === undefined || time.length > 1) return undefined;
    const values = this.dialect.rows
      .map(({ cells }) => cellText(cells[index] ?? ''))
      .map((text) => numberAndUnit(text)?.number ?? text)
      .filter((text) => numberForm(text) !== 'none')
      .map((text) => Number(plainNumber(text, this.dialect.decimal)));
    if (values.length === 0) return undefined;
    return (
      this.form.timeUnit ?? timeUnit({ format, name: names[index]!, unit: units[index]!, values, rateHz })
    );
  }

  /**
   * Reads the columns of the first rows.
   * @throws FtteError `recording-invalid` if no value of one of them can be read
   */
  checkSample(columns: Columns): void {
    this.requireRows();
    const { decimal } = this.dialect;
    for (const { name, index, notation } of columns.channels)
      this.checkColumn(name, [index], (text) => readCell(text, notation, decimal, this.missing));
    const times = this.times(columns);
    const names = columns.time.map((index) => columns.names[index]);
    if (columns.time.length > 0) this.checkColumn(names.join(', '), columns.time, (text) => times.read(text));
  }

  private times(columns: Columns, falls = false): TimeCells {
    const { missing, form, choices } = this;
    const { originMs = 0 } = form;
    const unit = this.unitOfTimes(columns) ?? 'ms';
    return new TimeCells({
      format: choices.time ?? 'auto',
      unit,
      originMs,
      decimal: this.dialect.decimal,
      missing,
      falls,
    });
  }

  private checkColumn(name: string, indices: readonly number[], read: (text: string) => unknown): void {
    const { path, dialect } = this;
    let wrong: { text: string; line: number; error: unknown } | undefined;
    for (const { cells, line } of dialect.rows) {
      const text = indices
        .map((index) => cellText(cells[index] ?? ''))
        .join(' ')
        .trim();
      try {
        const value = read(text);
        if (value !== undefined && !Number.isNaN(value)) return;
      } catch (error) {
        wrong ??= { text, line, error };
      }
    }
    if (!wrong) return;
    const { text, line, error } = wrong;
    throw new FtteError(
      'recording-invalid',
      `${path} line ${line}: ${name} is ${shown(text)}, ${messageOf(error)}`,
      { path, line, column: name },
    );
  }
}

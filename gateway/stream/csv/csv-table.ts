import { FtteError, messageOf } from '../../platform';
import type { TimeFormat, TimeUnitName } from '../time';
import { type MissingValues, missingValues, type Reading } from '../values';
import { cellText, numberForm, readNumberCell } from './cells/number-cell';
import { TimeCells } from './cells/time-cells';
import { timeUnit } from './cells/time-scale';
import {
  type ChannelColumn,
  type ColumnChoices,
  type Columns,
  resolveColumns,
} from './columns/resolve-columns';
import type { CsvReader } from './csv-reader';
import { describeTable } from './describe';
import { type Dialect, type DialectChoices, recogniseDialect } from './dialect/dialect';
import { type KnownForm, knownForm } from './dialect/known-forms';
import { readRecords } from './read-records';
import { type CsvNotice, RowProblems } from './row-problems';
import { shown, TableRows } from './table-rows';
import type { Head } from './text/read-head';
import type { TextEncoding } from './text/text-encoding';

/** Settings for reading a table. Everything that is left out is recognised. */
export interface TableChoices extends DialectChoices, ColumnChoices {
  /** The notation of times. Default `auto`: ISO 8601, or numbers whose unit is found out. */
  readonly time?: TimeFormat;
  /** Words and numbers that mean "no value", besides the usual ones: -999, offline. */
  readonly missing?: readonly string[];
  /** Readings per second, if known. Times are then read only if `timeColumn` names their column. */
  readonly rateHz?: number;
  /** Receives each problem of rows once. */
  readonly onNotice?: (notice: CsvNotice) => void;
}

/** A table of one row per reading. */
export class CsvTable implements CsvReader {
  readonly recognised: string;
  readonly channels: readonly ChannelColumn[];
  readonly rateHz: number | undefined;
  /** Milliseconds of the first reading, if the file gives its start and no times. */
  readonly startMs: number | undefined;
  private readonly missing: MissingValues;
  private readonly problems: RowProblems;
  private readonly newTimes: () => TimeCells;
  private readonly dialect: Dialect;

  private constructor(
    private readonly path: string,
    private readonly encoding: TextEncoding,
    { dialect, name, clock, originMs = 0, timeUnit: known }: KnownForm,
    private readonly columns: Columns,
    choices: TableChoices,
  ) {
    this.dialect = dialect;
    this.channels = columns.channels;
    this.missing = missingValues(choices.missing ?? []);
    this.problems = new RowProblems(path, choices.onNotice ?? (() => undefined));
    const format = choices.time ?? 'auto';
    const unit = known ?? this.unitOfTimes(format, choices.rateHz);
    this.newTimes = () => new TimeCells({ format, unit: unit ?? 'ms', originMs, missing: this.missing });
    this.rateHz = choices.rateHz ?? clock?.rateHz;
    // A rate that the user has given is not that of the clock.
    this.startMs = choices.rateHz === undefined ? clock?.startMs : undefined;
    const clockText = clock ? [`${clock.rateHz} readings per second`] : [];
    const described = describeTable(encoding, dialect, columns, unit === undefined ? '' : ` (${unit})`);
    this.recognised = [...(name === '' ? [] : [name]), ...clockText, described].join('; ');
  }

  /**
   * @param head the file's first lines
   * @throws FtteError `recording-invalid` naming the file: it has no table, a column is missing, there twice, or cannot be
   *         read
   */
  static async open(path: string, head: Head, choices: TableChoices): Promise<CsvTable> {
    const dialect = await recogniseDialect(head.text, choices);
    if (!dialect)
      throw new FtteError('recording-invalid', `${path} is empty, expected rows of numbers`, { path });
    const form = knownForm(path, dialect) ?? { name: '', dialect };
    const columns = resolveColumns(path, form.dialect, choices, choices.rateHz === undefined);
    const table = new CsvTable(path, head.encoding, form, columns, choices);
    table.checkSample();
    table.nameless(choices);
    return table;
  }

  /** Says that channels have numbers for names, unless the user has chosen that. */
  private nameless({ channels, columns = [], onNotice }: TableChoices): void {
    const { header, width } = this.dialect.table;
    if (header || channels || columns.length > 0) return;
    const text = `${this.path} has no header: its columns are 1 to ${width}, until they are given names`;
    onNotice?.({ level: 'warning', text });
  }

  get hasPeople(): boolean {
    return this.columns.subject !== undefined;
  }

  get counts(): RowProblems['totals'] {
    return this.problems.totals;
  }

  async *readings(): AsyncGenerator<Reading, void> {
    const { path, encoding, dialect, problems, columns, missing, startMs } = this;
    const { width, header } = dialect.table;
    const format = { columns, width, header, decimal: dialect.decimal, missing };
    const rows = new TableRows(format, this.newTimes(), problems);
    const periodMs = 1000 / (this.rateHz ?? 1);
    let count = 0;
    problems.begin();
    for await (const records of readRecords(path, encoding, dialect)) {
      for (const record of records) {
        const reading = rows.read(record);
        if (!reading) continue;
        yield startMs === undefined ? reading : { ...reading, timeMs: startMs + count * periodMs };
        count++;
      }
    }
    problems.end();
  }

  /** The unit of times that are numbers; undefined for other times. */
  private unitOfTimes(format: TimeFormat, rateHz: number | undefined): TimeUnitName | undefined {
    const { time, names, units } = this.columns;
    const [index] = time;
    if (index === undefined || time.length > 1) return undefined;
    const values = this.dialect.rows
      .map(({ cells }) => cellText(cells[index] ?? ''))
      .filter((text) => numberForm(text) !== 'none')
      .map((text) => Number(text.replace(',', '.')));
    if (values.length === 0) return undefined;
    return timeUnit({ format, name: names[index]!, unit: units[index]!, values, rateHz });
  }

  /** @throws FtteError `recording-invalid` if none of the first values of a column that is read can be */
  private checkSample(): void {
    const { columns, dialect, missing } = this;
    for (const { name, index } of columns.channels)
      this.checkColumn(name, [index], (text) => readNumberCell(text, dialect.decimal, missing));
    const times = this.newTimes();
    const names = columns.time.map((index) => columns.names[index]);
    if (columns.time.length > 0) this.checkColumn(names.join(', '), columns.time, (text) => times.read(text));
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

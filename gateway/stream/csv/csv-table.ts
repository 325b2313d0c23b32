import { cut, FtteError } from '../../platform';
import type { Reading } from '../values';
import { nearlyNumber } from './columns/nearly-numbers';
import {
  type ChannelColumn,
  type ColumnChoices,
  type Columns,
  resolveColumns,
} from './columns/resolve-columns';
import type { CsvFile, FileChoices } from './csv-file';
import type { CsvReader } from './csv-reader';
import { describeTable } from './describe';
import type { CsvRecord } from './dialect/parse-records';
import { RowProblems } from './row-problems';
import type { TimeOrder } from './time-order';

/** Rows after a table at most; more are faulty rows of it. */
const mostFooterRows = 16;

/** Settings for reading a table. Everything that is left out is recognised. */
export interface TableChoices extends FileChoices, ColumnChoices {
  /** One row per reading, or one row per value with a column of types. Default: recognised. */
  readonly layout?: 'table' | 'long';
}

/** The error for rows of which none is a reading. */
function noReadings(path: string, problems: string): FtteError {
  const why = problems === '' ? '' : `: ${problems}`;
  return new FtteError('recording-invalid', `${path} has no row that can be read${why}`, { path });
}

/** A table of one row per reading. */
export class CsvTable implements CsvReader {
  readonly recognised: string;
  readonly channels: readonly ChannelColumn[];
  readonly rateHz: number | undefined;
  readonly isSparse = false;
  /** Milliseconds of the first reading, if the file gives its start and no times. */
  readonly startMs: number | undefined;
  private readonly columns: Columns;
  private readonly order: TimeOrder;
  private readonly problems: RowProblems;

  /**
   * @throws FtteError `recording-invalid` naming the file: a column is missing or exists twice
   */
  constructor(
    private readonly file: CsvFile,
    choices: TableChoices,
  ) {
    const { path, dialect, form } = file;
    const columns = resolveColumns(path, dialect, choices, choices.rateHz === undefined);
    this.columns = columns;
    this.channels = columns.channels;
    this.problems = new RowProblems(path, choices.onNotice ?? (() => undefined));
    this.rateHz = choices.rateHz ?? form.clock?.rateHz;
    // A rate that the user has set is not that of the clock.
    this.startMs = choices.rateHz === undefined ? form.clock?.startMs : undefined;
    this.order = file.timeOrder(columns);
    this.recognised = describeTable(file, columns, this.order);
    this.reportMissingNames(choices);
    this.reportLeftOut(choices);
  }

  get hasPeople(): boolean {
    return this.columns.subject !== undefined;
  }

  get counts(): RowProblems['totals'] {
    return this.problems.totals;
  }

  check(): void {
    this.file.checkSample(this.columns);
  }

  async *readings(): AsyncGenerator<Reading, void> {
    this.check();
    const { file, columns, problems, order } = this;
    file.reportOrder(order, columns);
    let isEmpty = true;
    for await (const reading of file.inOrder(this.inFile(), order, columns)) {
      isEmpty = false;
      yield reading;
    }
    problems.end();
    if (isEmpty) throw noReadings(file.path, problems.inWords());
  }

  /** The readings in the order of the file. */
  private async *inFile(): AsyncGenerator<Reading, void> {
    const { file, problems, startMs, order } = this;
    const rows = file.rows(this.columns, problems, order);
    const periodMs = 1000 / (this.rateHz ?? 1);
    let count = 0;
    problems.begin();
    // Rows that may be the end of the file: it is, unless readings follow.
    let odd: CsvRecord[] = [];
    for await (const records of file.records()) {
      for (const record of records) {
        if (!('broken' in record) && odd.length < mostFooterRows && rows.isOdd(record)) {
          odd.push(record);
          continue;
        }
        for (const each of [...odd, record]) {
          const reading = rows.read(each);
          if (!reading) continue;
          yield startMs === undefined ? reading : { ...reading, timeMs: startMs + count * periodMs };
          count++;
        }
        odd = [];
      }
    }
    rows.footer(odd);
  }

  /** Reports columns that are left out although they may hold numbers, unless the user has chosen the columns. */
  private reportLeftOut({ channels, columns: chosen = [], onNotice }: TableChoices): void {
    if (channels || chosen.length > 0) return;
    const { columns, file } = this;
    const { time, label, subject, device, names } = columns;
    const known = new Set([...this.channels.map(({ index }) => index), ...time, label, subject, device]);
    const left = names.flatMap((name, index) => {
      const cell = known.has(index) ? undefined : nearlyNumber(file.dialect.rows, index);
      return cell === undefined ? [] : [`${name} (such as ${JSON.stringify(cut(cell, 40))})`];
    });
    if (left.length === 0) return;
    const text = `${file.path}: left out, because they are no plain numbers: ${left.join(', ')}`;
    onNotice?.({ level: 'warning', text });
  }

  /** Reports that channels have numbers for names, unless the user has chosen that. */
  private reportMissingNames({ channels, columns = [], onNotice }: TableChoices): void {
    const { header, width, otherNames } = this.file.dialect.table;
    if (header || channels || columns.length > 0) return;
    const names = otherNames ? ` with ${width} names (its rows have so many cells)` : '';
    const text = `${this.file.path} has no header${names}: its columns are called 1 to ${width} until they are named`;
    onNotice?.({ level: 'warning', text });
  }
}

import type { Reading } from '../values';
import { nearName } from './cells/near-name';
import { parseColumnList } from './columns/column-list';
import { bareType, type LongColumns, longColumns, mostTypes, typesOf } from './columns/long-columns';
import type { CsvFile } from './csv-file';
import type { CsvReader } from './csv-reader';
import type { TableChoices } from './csv-table';
import { describeColumns, describeFile, timeText } from './describe';
import { mergeByTime, type TimedValue } from './merge-by-time';
import { RowProblems } from './row-problems';
import type { TimeOrder } from './time-order';

/** A table with one row per value, which a column of types assigns to a channel: exports of Apple Health, for example. */
export class LongTable implements CsvReader {
  readonly recognised: string;
  readonly rateHz: number | undefined;
  readonly isSparse = true;
  readonly channels: readonly { readonly name: string; readonly unit: string }[];
  private readonly problems: RowProblems;
  private readonly channelOf: ReadonlyMap<string, number>;
  /** True if one pass gives all channels in the order of time. */
  private readonly isSorted: boolean;
  /** The order of the first rows of each type. */
  private readonly order: TimeOrder;

  private constructor(
    private readonly file: CsvFile,
    private readonly long: LongColumns,
    private readonly choices: TableChoices,
    types: ReadonlyMap<string, string>,
  ) {
    const { columns, type } = long;
    this.rateHz = choices.rateHz;
    this.problems = new RowProblems(file.path, choices.onNotice ?? (() => undefined));
    this.channels = [...types.keys()].map((name) => ({ name, unit: '' }));
    this.channelOf = new Map([...types.values()].map((text, i) => [text, i]));
    this.order = this.orderOfTypes();
    this.isSorted = types.size === 1 || this.isSampleSorted();
    const named = { ...columns, channels: columns.channels.map((value) => ({ ...value, name: 'values' })) };
    const meaning = describeColumns(named, timeText(file, columns, this.order), type);
    const from = `channels ${[...types.keys()].join(', ')} from "${columns.names[type]}"`;
    this.recognised = [...describeFile(file), 'one row per value', from, meaning].join('; ');
  }

  /**
   * @returns undefined for a file with one row per reading
   * @throws FtteError `recording-invalid` naming a column that is missing
   */
  static open(file: CsvFile, choices: TableChoices): LongTable | undefined {
    const list = parseColumnList(choices.columns ?? []);
    const { layout, ...rest } = choices;
    const long = longColumns(file.path, file.dialect, rest, list, layout);
    if (!long) return undefined;
    return new LongTable(file, long, choices, typesOf(file.dialect, long, choices.channels, list));
  }

  get hasPeople(): boolean {
    return this.long.columns.subject !== undefined;
  }

  get counts(): RowProblems['totals'] {
    return this.problems.totals;
  }

  check(): void {
    // Values of types that nobody reads may be words.
    this.file.checkSample({ ...this.long.columns, channels: [] });
  }

  async *readings(): AsyncGenerator<Reading, void> {
    this.check();
    const { file, problems, channels, isSorted, order } = this;
    const { columns } = this.long;
    const seen = new Set<string>();
    const all = channels.map((_, i) => i);
    // A file with one type after the other is read once for each.
    const passes = isSorted || order !== 'rising' ? [all] : all.map((channel) => [channel]);
    problems.begin();
    file.reportOrder(order, columns);
    yield* mergeByTime(
      passes.map((wanted) => file.inOrder(this.values(new Set(wanted), seen), order, columns)),
      channels.length,
    );
    problems.end();
    this.reportMissing(seen);
  }

  /** Values of some channels, in the order of the file. @param seen receives the types of all rows */
  private async *values(wanted: ReadonlySet<number>, seen: Set<string>): AsyncGenerator<TimedValue, void> {
    const { file, long, problems } = this;
    const rows = file.rows(long.columns, problems, this.order);
    for await (const records of file.records()) {
      for (const record of records) {
        if ('broken' in record) {
          if (wanted.has(0)) rows.read(record);
          continue;
        }
        const type = bareType(record.cells[long.type] ?? '');
        if (seen.size < mostTypes) seen.add(type);
        const channel = this.channelOf.get(type);
        if (channel === undefined || !wanted.has(channel)) continue;
        const { timeMs, values, ...whose } = rows.read(record) ?? {};
        const value = values?.[0];
        if (timeMs === undefined || value === undefined || Number.isNaN(value)) continue;
        yield { timeMs, channel, value, ...whose };
      }
    }
  }

  private orderOfTypes(): TimeOrder {
    const { file, long, channelOf } = this;
    const ofType = [...channelOf.keys()].map((type) =>
      file.timeOrder(long.columns, (cells) => bareType(cells[long.type] ?? '') === type),
    );
    return (
      ofType.find((order) => order === 'mixed') ?? ofType.find((order) => order === 'falling') ?? 'rising'
    );
  }

  private isSampleSorted(): boolean {
    const { file, long, channelOf } = this;
    const rows = file.rows(long.columns, new RowProblems('', () => undefined), 'rising');
    const types = new Set<string>();
    let lastMs = Number.NEGATIVE_INFINITY;
    for (const record of file.dialect.rows) {
      const type = bareType(record.cells[long.type] ?? '');
      if (!channelOf.has(type)) continue;
      types.add(type);
      const timeMs = rows.read(record)?.timeMs ?? lastMs;
      if (timeMs < lastMs) return false;
      lastMs = timeMs;
    }
    return types.size > 1;
  }

  /** Reports channels of which no row has come. */
  private reportMissing(seen: ReadonlySet<string>): void {
    const types = [...seen];
    for (const [type, channel] of this.channelOf) {
      if (seen.has(type) || seen.size >= mostTypes) continue;
      const near = nearName(type, types);
      const { name } = this.channels[channel]!;
      const text = `${this.file.path} has no row of the type "${type}" for the channel ${name}; it has ${types.join(', ')}`;
      this.choices.onNotice?.({
        level: 'error',
        text: near === undefined ? text : `${text}; is "${near}" meant?`,
      });
    }
  }
}

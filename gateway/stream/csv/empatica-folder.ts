import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { FtteError, wrapError } from '../../platform';
import type { Reading } from '../values';
import { type Columns, resolveColumns } from './columns/resolve-columns';
import { CsvFile } from './csv-file';
import type { CsvReader } from './csv-reader';
import { CsvTable, type TableChoices } from './csv-table';
import { describeColumns } from './describe';
import { empaticaNames } from './dialect/known-forms';

/** A file of the folder, and the places of its channels among those that are read. */
interface Part {
  readonly table: CsvTable;
  /** Index of its first channel among those of all files. */
  readonly start: number;
}

/** A folder of Empatica E4: files of different rates become rows at the rate of the fastest; slower channels are held. */
export class EmpaticaFolder implements CsvReader {
  readonly recognised: string;
  readonly rateHz: number;
  readonly isSparse = false;
  readonly hasPeople = false;
  readonly channels: Columns['channels'];
  /** False if the user has set a rate, which is not that of the clock. */
  private readonly isTimed: boolean;

  private constructor(
    private readonly parts: readonly Part[],
    columns: Columns,
    rateHz: number | undefined,
  ) {
    this.channels = columns.channels;
    this.rateHz = rateHz ?? parts[0]!.table.rateHz!;
    this.isTimed = rateHz === undefined;
    const meaning = describeColumns(columns, '');
    this.recognised = `a folder of Empatica E4; ${this.rateHz} rows per second; ${meaning}`;
  }

  /** @throws FtteError `recording-invalid` naming the folder that has no such files, a file, or a missing channel */
  static async open(path: string, choices: TableChoices): Promise<EmpaticaFolder> {
    const { encoding, onNotice } = choices;
    const tables: CsvTable[] = [];
    for (const name of await filesOf(path)) {
      const file = await CsvFile.open(join(path, name), { encoding, onNotice });
      if (!file.form.clock) continue;
      if (file.dialect.rows.length > 0) tables.push(new CsvTable(file, { onNotice }));
      else
        onNotice?.({
          level: 'warning',
          text: `${join(path, name)} has a start and a rate and no rows below`,
        });
    }
    if (tables.length === 0) {
      const expected = `expected a CSV file, or a folder of Empatica E4 with ${empaticaNames.join('.csv, ')}.csv`;
      throw new FtteError('recording-invalid', `${path} is a folder: ${expected}`, { path });
    }
    return EmpaticaFolder.of(path, tables, choices);
  }

  private static of(path: string, tables: readonly CsvTable[], choices: TableChoices): EmpaticaFolder {
    const all = tables.flatMap(({ channels }) => channels);
    const table = {
      ...{
        header: all.map(({ name }) => name),
        units: all.map(({ unit }) => unit),
        headerAt: 0,
        firstRow: 1,
      },
      ...{ width: all.length, kinds: all.map(() => 'number' as const), score: 1, otherNames: undefined },
    };
    const columns = resolveColumns(path, { table, rows: [] }, choices, false);
    const read = new Set(columns.channels.map(({ index }) => index));
    let start = 0;
    const parts: Part[] = [];
    for (const table of tables) {
      const first = start;
      start += table.channels.length;
      if (table.channels.some((_, i) => read.has(first + i))) parts.push({ table, start: first });
    }
    parts.sort((a, b) => b.table.rateHz! - a.table.rateHz!);
    return new EmpaticaFolder(parts, columns, choices.rateHz);
  }

  get counts(): CsvReader['counts'] {
    const counts: Record<string, number> = {};
    for (const { table } of this.parts)
      for (const [kind, count] of Object.entries(table.counts)) counts[kind] = (counts[kind] ?? 0) + count;
    return counts;
  }

  check(): void {
    for (const { table } of this.parts) table.check();
  }

  async *readings(): AsyncGenerator<Reading, void> {
    const [leader, ...others] = this.parts.map((part) => new HeldPart(part));
    try {
      for (;;) {
        const reading = await leader!.next();
        if (reading?.timeMs === undefined) return;
        // Clocks of two files may differ by a rounding error.
        for (const other of others) await other.until(reading.timeMs + 0.5);
        const held = [leader!, ...others];
        const values = this.channels.map(({ index }) => {
          for (const part of held) {
            const value = part.valueOf(index);
            if (value !== undefined) return value;
          }
          return Number.NaN;
        });
        yield { values, ...(this.isTimed && { timeMs: reading.timeMs }) };
      }
    } finally {
      for (const part of [leader!, ...others]) await part.end();
    }
  }
}

/** Reads a file, and holds its last reading. */
class HeldPart {
  private readonly rows: AsyncIterator<Reading>;
  private current: Reading | undefined;
  private following: Reading | undefined;
  private started = false;

  constructor(private readonly part: Part) {
    this.rows = part.table.readings()[Symbol.asyncIterator]();
  }

  /** Reads on by one reading. @returns undefined at the end */
  async next(): Promise<Reading | undefined> {
    const { done, value } = await this.rows.next();
    this.current = done ? undefined : value;
    return this.current;
  }

  /** Reads on to the last reading before a time. At the end of the file nothing is held. */
  async until(ms: number): Promise<void> {
    if (!this.started) this.following = await this.ahead();
    this.started = true;
    while (this.following && this.following.timeMs! <= ms) {
      this.current = this.following;
      this.following = await this.ahead();
    }
    const periodMs = 1000 / this.part.table.rateHz!;
    if (!this.following && this.current && ms - this.current.timeMs! > periodMs) this.current = undefined;
  }

  /** The value of a channel by its index among those of all files; undefined if it is of another file. */
  valueOf(index: number): number | undefined {
    const { table, start } = this.part;
    if (index < start || index >= start + table.channels.length) return undefined;
    return this.current?.values[index - start] ?? Number.NaN;
  }

  async end(): Promise<void> {
    await this.rows.return?.();
  }

  private async ahead(): Promise<Reading | undefined> {
    const { done, value } = await this.rows.next();
    return done ? undefined : value;
  }
}

/** Names of the files that have readings, in the order of their kinds. @throws FtteError `recording-invalid` */
async function filesOf(path: string): Promise<string[]> {
  const names = await readdir(path).catch((error) => {
    throw wrapError('recording-invalid', `cannot read ${path}`, error, { path });
  });
  return empaticaNames.flatMap((kind) =>
    names.filter(
      (name) => extname(name).toLowerCase() === '.csv' && name.slice(0, -4).toUpperCase() === kind,
    ),
  );
}

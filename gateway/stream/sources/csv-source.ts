import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse';
import { parse as parseNow } from 'csv-parse/sync';
import { FtteError, wrapError } from '../../platform';
import { readTime } from '../time';
import type { Reading, ReadingSource } from '../values';

/** The meaning of the columns, as far as the header does not say it. */
export interface CsvOptions {
  /** Columns to read, in the order of the task. Default: all except those named below. */
  readonly channels?: readonly string[];
  /** Column with the time in milliseconds or ISO 8601. */
  readonly timeColumn?: string;
  readonly labelColumn?: string;
  readonly subjectColumn?: string;
  /** Default: the one of comma, semicolon and tab that occurs most often in the header. */
  readonly delimiter?: string;
  readonly rateHz?: number;
}

/**
 * A text file with a header row and one reading per line, which is read while it is played. An empty cell is a missing
 * value.
 */
export class CsvSource implements ReadingSource {
  /** The length is known only at the end of the file. */
  readonly length = undefined;
  readonly labels: readonly string[] = [];
  readonly subjects: readonly string[] = [];
  readonly rateHz: number | undefined;

  private constructor(
    private readonly path: string,
    readonly channels: readonly string[],
    private readonly delimiter: string,
    private readonly options: CsvOptions,
  ) {
    this.rateHz = options.rateHz;
  }

  /** Reads the header. @throws FtteError `recording-invalid` naming the file, and a column that does not exist */
  static async open(path: string, options: CsvOptions = {}): Promise<CsvSource> {
    const line = await firstLine(path);
    const delimiter = options.delimiter ?? likelyDelimiter(line);
    const columns = headerOf(path, line, delimiter);
    const { timeColumn, labelColumn, subjectColumn } = options;
    const others = [timeColumn, labelColumn, subjectColumn].filter((name): name is string => !!name);
    const channels = options.channels ?? columns.filter((name) => !others.includes(name));
    for (const name of [...channels, ...others]) {
      if (!columns.includes(name)) {
        throw new FtteError(
          'recording-invalid',
          `${path} has no column "${name}"; it has ${columns.join(', ')}`,
          {
            path,
            column: name,
          },
        );
      }
    }
    if (channels.length === 0)
      throw new FtteError('recording-invalid', `${path} has no column of values`, { path });
    return new CsvSource(path, channels, delimiter, options);
  }

  /** @throws FtteError `recording-invalid` naming file, line and column */
  async *readings(): AsyncIterable<Reading> {
    const file = createReadStream(this.path);
    const parser = parse({ columns: true, delimiter: this.delimiter, bom: true, info: true, trim: true });
    file.on('error', (error) => parser.destroy(error));
    try {
      for await (const { record, info } of file.pipe(parser)) {
        yield this.reading(record as Record<string, string>, (info as { lines: number }).lines);
      }
    } catch (error) {
      if (error instanceof FtteError) throw error;
      throw wrapError('recording-invalid', this.path, error, { path: this.path });
    } finally {
      file.destroy();
      parser.destroy();
    }
  }

  private reading(record: Record<string, string>, line: number): Reading {
    const { timeColumn, labelColumn, subjectColumn } = this.options;
    const values = this.channels.map((name) => {
      const text = record[name] ?? '';
      const value = text === '' || text === 'NaN' ? Number.NaN : Number(text);
      if (Number.isFinite(value) || text === '' || text === 'NaN') return value;
      throw this.wrong(line, name, text, 'a number');
    });
    const label = labelColumn && record[labelColumn];
    const subject = subjectColumn && record[subjectColumn];
    const timeMs = timeColumn ? this.time(record[timeColumn] ?? '', line, timeColumn) : undefined;
    return {
      values,
      ...(label && { label }),
      ...(subject && { subject }),
      ...(timeMs !== undefined && { timeMs }),
    };
  }

  private time(text: string, line: number, column: string): number | undefined {
    const number = Number(text);
    try {
      return readTime(text !== '' && Number.isFinite(number) ? number : text);
    } catch {
      throw this.wrong(line, column, text, 'milliseconds or an ISO 8601 time');
    }
  }

  private wrong(line: number, column: string, text: string, wanted: string): FtteError {
    const shown = text.length > 40 ? `${text.slice(0, 40)}...` : text;
    return new FtteError(
      'recording-invalid',
      `${this.path} line ${line}: ${column} is "${shown}", expected ${wanted}`,
      {
        path: this.path,
        line,
        column,
      },
    );
  }
}

async function firstLine(path: string): Promise<string> {
  let text = '';
  try {
    for await (const piece of createReadStream(path, { encoding: 'utf8' })) {
      text += piece;
      const end = text.search(/\r?\n/);
      if (end >= 0) return text.slice(0, end);
    }
  } catch (error) {
    throw wrapError('recording-invalid', `cannot read ${path}`, error, { path });
  }
  return text;
}

function headerOf(path: string, line: string, delimiter: string): string[] {
  const [columns] = parseNow(line, { delimiter, bom: true, trim: true }) as string[][];
  if (columns) return columns;
  throw new FtteError('recording-invalid', `${path} is empty, expected a header row`, { path });
}

function likelyDelimiter(header: string): string {
  const counts = [',', ';', '\t'].map((delimiter) => ({ delimiter, count: header.split(delimiter).length }));
  return counts.reduce((best, other) => (other.count > best.count ? other : best)).delimiter;
}

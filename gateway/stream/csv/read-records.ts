import { createReadStream } from 'node:fs';
import { FtteError, wrapError, yieldToEventLoop } from '../../platform';
import type { Dialect } from './dialect/dialect';
import { type CsvRecord, lastCell, parseRecords } from './dialect/parse-records';
import { type TextEncoding, TextPieces } from './text/text-encoding';

/** Bytes that are read and parsed at a time, which takes a small machine a millisecond or two. */
const pieceBytes = 8 * 1024;
/** Most characters of a quoted cell with line ends; in a longer one, the closing quote is missing. */
const mostQuoted = 32 * 1024;
/** Most characters of a line. */
const mostLine = 1024 * 1024;

/** A line whose cells cannot be separated. */
export interface BrokenLine {
  readonly line: number;
  readonly broken: string;
}

/**
 * Reads the rows of a file below its header, one piece of the file at a time. A line with an unclosed quote is left out,
 * and reading goes on behind it.
 * @throws FtteError `recording-invalid` if the file cannot be read, or has a line without an end
 */
export async function* readRecords(
  path: string,
  encoding: TextEncoding,
  dialect: Dialect,
): AsyncGenerator<readonly (CsvRecord | BrokenLine)[], void> {
  const splitter = new RecordSplitter(path, dialect);
  const pieces = new TextPieces(encoding);
  const file = createReadStream(path, { highWaterMark: pieceBytes });
  try {
    for await (const bytes of file) yield* splitter.push(pieces.write(bytes as Buffer), false);
    yield* splitter.push(pieces.end(), true);
  } catch (error) {
    if (error instanceof FtteError) throw error;
    throw wrapError('recording-invalid', `cannot read ${path}`, error, { path });
  } finally {
    file.destroy();
  }
}

/** Splits the text of a file into rows. It keeps the text that the next piece may complete. */
class RecordSplitter {
  private text = '';
  /** Lines of the file before `text`. */
  private lines = 0;
  private linesToSkip: number;
  private recordsToSkip: number;

  constructor(
    private readonly path: string,
    private readonly dialect: Dialect,
  ) {
    this.linesToSkip = dialect.linesBefore;
    this.recordsToSkip = dialect.recordsBefore;
  }

  async *push(piece: string, ended: boolean): AsyncGenerator<readonly (CsvRecord | BrokenLine)[], void> {
    this.text += piece;
    this.skipLines();
    let end = ended ? this.text.length : this.text.lastIndexOf('\n') + 1;
    if (this.text.length - end > mostLine)
      throw new FtteError(
        'recording-invalid',
        `${this.path} has a line of more than 1 MB, expected a table`,
        {
          path: this.path,
        },
      );
    while (end > 0) {
      const { records, complete } = parseRecords(this.text.slice(0, end), this.dialect);
      const swallowed = records.findIndex((record) => this.hasSwallowed(record));
      const good = swallowed < 0 ? records : records.slice(0, swallowed);
      const whole = complete && swallowed < 0;
      const taken = whole ? end : this.placeOfLine(good.at(-1)?.lastLine ?? 0);
      yield this.fromFile(good);
      this.advance(taken);
      if (whole) return;
      end -= taken;
      // The next piece may close the quotes.
      if (swallowed < 0 && !ended && end <= mostQuoted) return;
      const next = /^(?:[ \t]*\n)*/.exec(this.text)![0].length;
      this.advance(next);
      const lineEnd = this.text.indexOf('\n') + 1 || this.text.length;
      yield [{ line: this.lines + 1, broken: 'an unpaired quote' }];
      this.advance(lineEnd);
      end -= next + lineEnd;
      await yieldToEventLoop();
    }
  }

  /** True for a row of several lines with a wrong number of cells: an unpaired quote has joined lines. */
  private hasSwallowed({ line, lastLine, cells }: CsvRecord): boolean {
    const { width } = this.dialect.table;
    return lastLine > line && (cells.length < width || lastCell(cells) >= width);
  }

  private fromFile(records: readonly CsvRecord[]): CsvRecord[] {
    const kept = records.slice(this.recordsToSkip);
    this.recordsToSkip -= Math.min(this.recordsToSkip, records.length);
    return kept.map(({ cells, line, lastLine }) => ({
      cells,
      line: line + this.lines,
      lastLine: lastLine + this.lines,
    }));
  }

  private skipLines(): void {
    while (this.linesToSkip > 0) {
      const end = this.text.indexOf('\n') + 1;
      if (end === 0) return;
      this.advance(end);
      this.linesToSkip--;
    }
  }

  /** Index at which the line after a number of lines begins. */
  private placeOfLine(lines: number): number {
    let at = 0;
    for (let line = 0; line < lines; line++) at = this.text.indexOf('\n', at) + 1 || this.text.length;
    return at;
  }

  private advance(letters: number): void {
    for (let at = this.text.indexOf('\n'); at >= 0 && at < letters; at = this.text.indexOf('\n', at + 1))
      this.lines++;
    this.text = this.text.slice(letters);
  }
}

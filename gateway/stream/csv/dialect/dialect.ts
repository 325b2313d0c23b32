import { yieldToEventLoop } from '../../../platform';
import { numberAndUnit } from '../cells/notation';
import { cellText, type DecimalMark, numberForm } from '../cells/number-cell';
import { arffHead } from './arff';
import { findTable, type Table } from './find-table';
import {
  type CellMarks,
  type CsvRecord,
  parseRecords,
  type SeparatorName,
  separatorNames,
  separators,
} from './parse-records';

/** The dialect of a file, as far as the user sets it. Everything that is left out is recognised. */
export interface DialectChoices {
  readonly separator?: SeparatorName;
  readonly decimal?: DecimalMark;
  /** Whether a line with the names of the columns comes before the rows. */
  readonly header?: boolean;
}

/** The dialect of a file, and the place of its table. */
export interface Dialect extends CellMarks {
  /** Decimal mark of the numbers; undefined if none of them shows it. */
  readonly decimal: DecimalMark | undefined;
  /** Lines before that of the header, or before that of the first row if there is no header. */
  readonly linesBefore: number;
  /** Records from there to the first row. */
  readonly recordsBefore: number;
  readonly table: Table;
  /** The first rows. */
  readonly rows: readonly CsvRecord[];
}

/** Most records that are examined. */
const sampleRecords = 400;
/** Most cells that are examined, but at least those of a few records. */
const [sampleCells, fewRecords] = [8000, 20];
/**
 * Texts and times have blanks, too: another separator with the same result is preferred. Blanks separate at tabs as well, and
 * cut the dates and times between them: where all lines have tabs, those are preferred by more.
 */
const [spacePenalty, spaceBesideTabsPenalty] = [0.1, 0.4];
/** Leaving out lines at the start has to raise the score by more than this. */
const laterPenalty = 0.2;

/**
 * Recognises the dialect of a file by its first lines. Of all separators, the one is taken that gives most numbers and
 * times, and a header as long as the rows.
 * @param text complete lines, each ending with `\n`
 * @returns undefined for a file without a line
 */
export async function recogniseDialect(
  text: string,
  choices: DialectChoices = {},
): Promise<Dialect | undefined> {
  const declared = declaredSeparator(text);
  const arff = arffHead(text);
  const starts = arff ? [arff] : startsOf(text, declared === undefined ? 0 : 1);
  const body = text.slice(starts[0]!.at);
  const chosen = choices.separator ?? declared ?? (arff && 'comma');
  const names = chosen ? [chosen] : candidates(body);
  const semicolonEnds = endsWithSemicolons(body);
  const blanks = hasTabs(body) ? spaceBesideTabsPenalty : spacePenalty;
  let best: (Dialect & { readonly score: number }) | undefined;
  for (const separator of names) {
    const marks = {
      separator,
      quote: quoteOf(body, separators[separator]),
      semicolonEnds: semicolonEnds && separator !== 'semicolon',
    };
    for (const start of starts) {
      await yieldToEventLoop();
      const records = sampleOf(parseRecords(text.slice(start.at), marks, sampleRecords).records);
      const found = findTable(records, arff ? false : choices.header);
      if (!found) continue;
      const table = arff?.names.length === found.width ? { ...found, header: arff.names } : found;
      const penalty = (separator === 'space' ? blanks : 0) + (start === starts[0] ? 0 : laterPenalty);
      const score = table.score - penalty;
      if (best && score <= best.score) continue;
      const rows = records.slice(table.firstRow).map((record) => ({
        cells: record.cells,
        line: record.line + start.lines,
        lastLine: record.lastLine + start.lines,
      }));
      const linesBefore = start.lines + lineBefore(records, table.headerAt ?? table.firstRow);
      const recordsBefore = table.firstRow - (table.headerAt ?? table.firstRow);
      best = {
        ...marks,
        recordsBefore,
        decimal: choices.decimal ?? decimalMark(rows),
        linesBefore,
        table,
        rows,
        score,
      };
    }
  }
  return best;
}

/** The first records, with a number of cells that is examined in a few milliseconds. */
function sampleOf(records: readonly CsvRecord[]): readonly CsvRecord[] {
  let cells = 0;
  const end = records.findIndex((record, i) => {
    cells += record.cells.length;
    return cells > sampleCells && i > fewRecords;
  });
  return end < 0 ? records : records.slice(0, end);
}

/** Separators that a text may have. A single column of numbers with decimal commas has none. */
function candidates(text: string): readonly SeparatorName[] {
  if (hasDecimalColumn(text)) return ['semicolon'];
  return separatorNames.filter((name) => name === 'comma' || text.includes(separators[name]));
}

/** True if nearly all lines have a tab. */
function hasTabs(text: string): boolean {
  const lines = text.split('\n', sampleRecords).filter((line) => line.trim() !== '');
  return lines.filter((line) => line.trim().includes('\t')).length > 0.8 * lines.length;
}

const decimalLine = /^\s*"?[+-]?\d*,\d+(?:\s*[^\s\d,;|][^\d,;|]{0,11})?"?\s*$/;

/** True for a name without a comma, and lines below it whose only commas are those of decimals. */
function hasDecimalColumn(text: string): boolean {
  const lines = text.split('\n', sampleRecords).filter((line) => line.trim() !== '');
  const first = lines.findIndex((line) => line.includes(','));
  const start = lines.findLastIndex((line, i) => i < first && !/^[\s+-]*\d/.test(line));
  if (start < 0 || /^\s*#/.test(lines[start]!)) return false;
  return lines.slice(start + 1).every((line) => !/[,;\t|]/.test(line) || decimalLine.test(line));
}

/** A place in the text at which reading may begin. */
interface Start {
  readonly at: number;
  /** Lines before it. */
  readonly lines: number;
}

/** Most lines with an unpaired quote below which the table is looked for. */
const mostOddLines = 4;

/**
 * Finds places at which reading may begin: after the line that declares a separator, and below the first lines with an
 * unpaired quote, which would make a part of the table the content of one cell.
 */
function startsOf(text: string, lines: number): Start[] {
  const starts: Start[] = [];
  let at = 0;
  for (let line = 0; at < text.length && starts.length <= mostOddLines; line++) {
    const end = text.indexOf('\n', at) + 1 || text.length;
    const isOdd = text.slice(at, end).split('"').length % 2 === 0;
    if (line + 1 === lines || (line >= lines && isOdd)) starts.push({ at: end, lines: line + 1 });
    at = end;
  }
  return lines === 0 ? [{ at: 0, lines: 0 }, ...starts] : starts;
}

/** The separator that the first line declares, as Excel reads it: `sep=;`. */
function declaredSeparator(text: string): SeparatorName | undefined {
  const mark = /^\s*"?sep=(\\t|.)"?[ ]*\n/i.exec(text)?.[1];
  return separatorNames.find((name) => separators[name] === (mark === '\\t' ? '\t' : mark));
}

/** True if nearly all lines end with a semicolon, which ends a row of cells between commas, and few have another. */
function endsWithSemicolons(text: string): boolean {
  const lines = text.split('\n', 200).filter((line) => line.trim() !== '');
  const ending = lines.filter((line) => /;\s*$/.test(line));
  const others = ending.filter((line) => line.indexOf(';') < line.trimEnd().length - 1);
  return lines.length > 1 && ending.length >= 0.8 * lines.length && 2 * others.length < lines.length;
}

/** Apostrophes are quotes if they enclose cells and no quotes do. */
function quoteOf(text: string, separator: string): '"' | "'" {
  const start = text.slice(0, 4096);
  if (start.includes('"')) return '"';
  const mark = separator === '|' ? '\\|' : separator;
  const quoted = start.match(new RegExp(`(?:^|${mark})[ ]*'[^'\\n]*'[ ]*(?=${mark}|$)`, 'gm'));
  return (quoted?.length ?? 0) > 1 ? "'" : '"';
}

/** The number of lines before a record. */
function lineBefore(records: readonly CsvRecord[], index: number): number {
  return index === 0 ? 0 : records[index - 1]!.lastLine;
}

/** The decimal mark that numbers of the rows show without doubt; undefined if they show both or none. */
function decimalMark(rows: readonly CsvRecord[]): DecimalMark | undefined {
  let [points, commas] = [0, 0];
  for (const { cells } of rows) {
    for (const cell of cells) {
      const whole = cellText(cell);
      const text = numberAndUnit(whole)?.number ?? whole;
      const form = numberForm(text);
      if (form === 'point' || (form === 'groups' && /\.\d*$/.test(text) && text.includes(','))) points++;
      if (form === 'comma' || (form === 'groups' && /,\d*$/.test(text) && text.includes('.'))) commas++;
    }
  }
  if (points > 0 && commas > 0) return undefined;
  return points > 0 ? '.' : commas > 0 ? ',' : undefined;
}

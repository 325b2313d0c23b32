import { type CellKind, cellKind } from '../cells/cell-kind';
import { lettersOf } from '../cells/near-name';
import { numberAndUnit, unitBehind, wordsOf } from '../cells/notation';
import { cellText } from '../cells/number-cell';
import { isUnitRow } from '../cells/units';
import type { CsvRecord } from './parse-records';

/** A table in the first lines of a file. */
export interface Table {
  /** Names of the columns; undefined for a table without. */
  readonly header: readonly string[] | undefined;
  /** Units that a row below the header gives, or that stand behind the numbers; empty for a column without. */
  readonly units: readonly string[];
  /** Index of the header and of the first row among the records. */
  readonly headerAt: number | undefined;
  readonly firstRow: number;
  /** A line of names above rows without a header, if it has another number of cells. */
  readonly otherNames: CsvRecord | undefined;
  /** The last line of a file with several lines and no row of numbers. */
  readonly words?: CsvRecord | undefined;
  /** Cells in a row. */
  readonly width: number;
  /** Kind of most cells of each column. */
  readonly kinds: readonly CellKind[];
  /** Likelihood of the separator: above 1 for a table of numbers and times with a header, less if it cuts numbers. */
  readonly score: number;
}

/** Scores of a header as long as the rows, of a header with numbers, and of more columns. */
const [headerBonus, numberedHeaderBonus, widthBonus] = [0.3, 0.1, 0.05];
/** A line before a table without a header lowers the score. */
const preamblePenalty = 0.02;

/**
 * Finds the table among the records of the first lines: rows of the usual length with numbers in the usual columns, and
 * above them the names of the columns and perhaps their units.
 * @param hasHeader set by the user; undefined to find out
 * @returns undefined if there are no records
 */
export function findTable(records: readonly CsvRecord[], hasHeader?: boolean): Table | undefined {
  const width = usualWidth(records);
  if (width === 0) return undefined;
  const behind = unitsBehind(records, width);
  const plain = records.map(({ cells }) => cells.map((cell, i) => kindOf(cell, behind[i])));
  const plainKinds = laterKinds(plain, width);
  const rows = plainKinds.some(isMeasured) ? plain : withWords(records, plain, width);
  const kinds = laterKinds(rows, width);
  const firstFitting = Math.max(firstRowOf(records, rows, width, kinds), hasHeader === true ? 1 : 0);
  const data = records.slice(firstFitting);
  const used = usedWidth(data, width);
  const shortest = hasRowNames(data, kinds) ? used - 1 : used;
  const isLongEnough = ({ cells }: CsvRecord) => {
    const names = namesOf(cells);
    const { length } = names;
    const least = beginsWithCounter(names) ? used - 1 : shortest;
    return length > 0 && length <= width && Math.max(length, cells.length) >= least;
  };
  const headerAt =
    hasHeader === false ? undefined : headerOf(records.slice(0, firstFitting), isLongEnough, hasHeader);
  const header = headerAt === undefined ? undefined : namesOf(records[headerAt]!.cells);
  // Rows below the names that do not fit are wrong rows, not lines before the table.
  let firstRow = headerAt === undefined ? firstFitting : headerAt + 1;
  while (headerAt !== undefined && firstRow < firstFitting && isUnitRow(records[firstRow]!)) firstRow++;
  // Of several rows of units, the last one is the nearest to the numbers.
  const below = headerAt === undefined || firstRow === headerAt + 1 ? [] : records[firstRow - 1]!.cells;
  const columns = Math.max(used, header?.length ?? 0);
  return {
    header: header && columns > header.length ? padded(header, records[firstRow]) : header,
    units: Array.from({ length: columns }, (_, i) => bareUnit(below[i]) || (behind[i] ?? '')),
    headerAt,
    firstRow,
    words: rows.length > firstRow ? undefined : lastWords(records),
    otherNames: header || hasHeader === false ? undefined : otherNames(records[firstRow - 1]),
    width: columns,
    kinds: kindsBelow(rows.slice(firstRow), width, records.length === 1, kinds).slice(0, columns),
    score: scoreOf(rows.slice(firstRow), width, header, firstRow),
  };
}

const isMeasured = (kind: CellKind) => kind === 'number' || kind === 'time';

/** Kinds of the columns in the second half of the records. */
function laterKinds(rows: readonly CellKind[][], width: number): CellKind[] {
  const full = rows.filter((row) => row.length === width);
  return columnKinds(full.slice(Math.floor(full.length / 2)), width, 2);
}

/** Kinds of the cells of a file without numbers: words for 0 and 1 are numbers, if a column has no others. */
function withWords(records: readonly CsvRecord[], kinds: readonly CellKind[][], width: number): CellKind[][] {
  const full = records.filter(({ cells }) => cells.length === width);
  const later = full.slice(Math.ceil(full.length / 2));
  const words = Array.from({ length: width }, (_, i) => wordsOf(later.map(({ cells }) => cells[i]!)));
  return records.map(({ cells }, i) =>
    kinds[i]!.map((kind, c) => (words[c]?.includes(cellText(cells[c]!).toLowerCase()) ? 'number' : kind)),
  );
}

/** The last line of a file, if it is neither its first nor one of units. */
function lastWords(records: readonly CsvRecord[]): CsvRecord | undefined {
  const lines = records.filter(
    (record) => !isUnitRow(record) && record.cells.some((cell) => cell.trim() !== ''),
  );
  return lines.length > 1 ? lines.at(-1) : undefined;
}

/** The unit behind the numbers of each column; undefined for a column of plain numbers, or of something else. */
function unitsBehind(records: readonly CsvRecord[], width: number): (string | undefined)[] {
  const full = records.filter(({ cells }) => cells.length === width);
  const later = full.slice(Math.floor(full.length / 2));
  return Array.from({ length: width }, (_, column) => unitBehind(later.map(({ cells }) => cells[column]!)));
}

/** Kind of a cell; a number with the unit of its column is a number. */
function kindOf(cell: string, unit: string | undefined): CellKind {
  return unit !== undefined && numberAndUnit(cellText(cell))?.unit === unit ? 'number' : cellKind(cell);
}

const bareUnit = (unit = '') =>
  unit
    .trim()
    .replace(/^\[(.*)\]$|^\((.*)\)$/, '$1$2')
    .replace(/^:?-{2,}:?$/, '');

/** True for the line of dashes that Markdown has between names and rows. */
const isRule = ({ cells }: CsvRecord) =>
  cells.some((cell) => cell.includes('---')) && cells.every((cell) => /^\s*(?::?-{3,}:?\s*)?$/.test(cell));

/** Index of the first record with the kinds of a row that records of the same length follow. */
function firstRowOf(
  records: readonly CsvRecord[],
  rows: readonly CellKind[][],
  width: number,
  kinds: readonly CellKind[],
): number {
  const first = rows.findIndex((row, i) => {
    // A comment is no row, although it may have a cell for each column.
    if (/^\s*#/.test(records[i]!.cells[0] ?? '') || isRule(records[i]!)) return false;
    const next = rows.slice(i, i + 5);
    return (
      row.length === width &&
      fits(row, kinds) &&
      2 * next.filter((one) => one.length === width).length >= next.length
    );
  });
  return first < 0 ? rows.length : first;
}

/** The most frequent length of records behind the first quarter; of two, the greater. */
function usualWidth(records: readonly CsvRecord[]): number {
  const counts = new Map<number, number>();
  for (const { cells } of records.slice(Math.floor(records.length / 4)))
    counts.set(cells.length, (counts.get(cells.length) ?? 0) + 1);
  let best = 0;
  for (const [width, count] of counts) {
    const most = counts.get(best) ?? 0;
    if (count > most || (count === most && width > best)) best = width;
  }
  return best;
}

/** Kinds of the columns below the header. A header alone does not show them. */
function kindsBelow(
  rows: readonly CellKind[][],
  width: number,
  isAlone: boolean,
  guessed: readonly CellKind[],
): readonly CellKind[] {
  if (rows.length > 0) return columnKinds(rows, width);
  return isAlone ? guessed.map(() => 'empty') : guessed;
}

/** Kind of most cells of each column. @param patience texts per number that a column of numbers may have */
function columnKinds(rows: readonly CellKind[][], width: number, patience = 1): CellKind[] {
  return Array.from({ length: width }, (_, column) => {
    const counts: Record<CellKind, number> = { empty: 0, missing: 0, number: 0, time: 0, text: 0 };
    for (const row of rows) if (row.length === width) counts[row[column]!]++;
    const { number, time, text, missing } = counts;
    if (number > 0 && patience * number >= Math.max(time, text)) return 'number';
    if (time > 0 && time >= text) return 'time';
    return text > 0 ? 'text' : missing > 0 ? 'missing' : 'empty';
  });
}

/** True for a row that is not empty and has no text or time in a column of numbers. */
function fits(row: readonly CellKind[], kinds: readonly CellKind[]): boolean {
  if (!kinds.some(isMeasured)) return false;
  if (row.every((kind) => kind === 'empty')) return false;
  return row.every((kind, column) => {
    if (kinds[column] === 'number') return kind !== 'text' && kind !== 'time';
    return kinds[column] !== 'time' || kind !== 'text';
  });
}

/**
 * Index of the record with the names, among the records directly above the rows that are as long as they: the last one
 * with distinct names, without units and numbers.
 */
function headerOf(
  above: readonly CsvRecord[],
  isLongEnough: (record: CsvRecord) => boolean,
  certain: boolean | undefined,
): number | undefined {
  let start = above.length;
  while (start > 0 && isLongEnough(above[start - 1]!)) start--;
  const block = above.slice(start);
  if (block.length === 0) return certain && above.length > 0 ? above.length - 1 : undefined;
  const isNames = (record: CsvRecord) => !isUnitRow(record);
  // A row with the names of groups of columns has gaps.
  const isFull = ({ cells }: CsvRecord) => !namesOf(cells).slice(1).includes('');
  const isDistinct = ({ cells }: CsvRecord) => areDistinct(namesOf(cells));
  const isWords = ({ cells }: CsvRecord) => !cells.some((cell) => cellKind(cell) === 'number');
  const lastWith = (...conditions: ((record: CsvRecord) => boolean)[]) =>
    block.findLastIndex((record) => conditions.every((holds) => holds(record)));
  const found = [
    lastWith(isNames, isFull, isDistinct, isWords),
    // Names that stand twice are refused later, if they are read.
    lastWith(isNames, isFull, isWords),
    block.findIndex((record) => isNames(record) && isDistinct(record)),
    block.findIndex(isNames),
    0,
  ].find((index) => index >= 0)!;
  return start + found;
}

/** The record if it has names of columns: several distinct ones without numbers. */
function otherNames(record: CsvRecord | undefined): CsvRecord | undefined {
  const names = namesOf(record?.cells ?? []);
  const isText = names.every((name) => cellKind(name) === 'text');
  return names.length > 1 && isText && areDistinct(names) ? record : undefined;
}

/** True if rows begin with their name or number, for which the header may have no name. */
function hasRowNames(rows: readonly CsvRecord[], kinds: readonly CellKind[]): boolean {
  if (kinds.length < 3 || rows.length === 0) return false;
  const first = Number(rows[0]!.cells[0]);
  return kinds[0] === 'text' || rows.slice(0, 20).every(({ cells }, i) => Number(cells[0]) === first + i);
}

/** Names of columns that count rows or time, reduced to letters. Below them a column that counts is no row number. */
const counters: ReadonlySet<string> = new Set(
  't ms s us time timestamp seconds millis index idx sample samples n i no nr number row id frame step count counter epoch'.split(
    ' ',
  ),
);

const beginsWithCounter = ([first = '']: readonly string[]) => counters.has(lettersOf(first));

/**
 * The names of a header that lacks one: that of the row numbers, or if the first name is of a counter, the last one.
 * @param first the row below it
 */
function padded(header: readonly string[], first: CsvRecord | undefined): readonly string[] {
  // A column that begins further down is the last one.
  const isWhole = first?.cells.length === header.length;
  return isWhole || beginsWithCounter(header) ? [...header, ''] : ['', ...header];
}

/** The names of a header without a comment mark and without empty cells at the end. */
export function namesOf(cells: readonly string[]): string[] {
  const names = cells.map((cell) => cell.trim());
  if (names[0] !== undefined && /^(?:#|%|\/\/)/.test(names[0]))
    names[0] = names[0].replace(/^(?:#|%|\/\/)+\s*/, '');
  // A comment mark may be a cell of its own.
  if (names[0] === '' && cells[0]!.trim() !== '') names.shift();
  while (names.at(-1) === '') names.pop();
  return names;
}

function areDistinct(names: readonly string[]): boolean {
  const given = names.filter((name) => name !== '');
  return given.length > 0 && new Set(given).size === given.length;
}

/** The length of rows without the last columns, if those never have a value. */
function usedWidth(rows: readonly CsvRecord[], width: number): number {
  if (rows.length === 0) return width;
  let columns = width;
  while (columns > 1 && rows.every(({ cells }) => (cells[columns - 1] ?? '').trim() === '')) columns--;
  return columns;
}

function scoreOf(
  rows: readonly CellKind[][],
  width: number,
  header: readonly string[] | undefined,
  before: number,
): number {
  let [clean, all] = [0, 0];
  for (const row of rows) {
    // A row of another length is wrong in every cell.
    const isFull = row.length === width;
    for (const kind of row) {
      if (kind === 'empty') continue;
      all++;
      if (isFull && kind !== 'text') clean++;
    }
  }
  const share = (all === 0 ? 0 : clean / all) + widthBonus * (1 - 1 / width);
  if (!header) return share - Math.min(before, 10) * preamblePenalty;
  const isNumbered = header.some((name) => cellKind(name) === 'number');
  return share + (isNumbered ? numberedHeaderBonus : headerBonus);
}

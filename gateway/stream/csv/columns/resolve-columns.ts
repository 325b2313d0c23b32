import { cut, FtteError } from '../../../platform';
import type { CellKind } from '../cells/cell-kind';
import { isOfCategories, type Notation, notationOf } from '../cells/notation';
import { cellText, plainNumber } from '../cells/number-cell';
import type { Dialect } from '../dialect/dialect';
import { ColumnFinder } from './column-finder';
import { type ColumnList, parseColumnList } from './column-list';
import { type ColumnRole, isCertainTime, isDateColumn, isId, isStamp, usualColumn } from './usual-columns';

/** The meaning of columns, as the user or the task sets it. */
export interface ColumnChoices {
  /** Channels of the task, in this order. Default: the chosen columns, or else all columns of numbers. */
  readonly channels?: readonly string[];
  /**
   * Columns to read (`x`), to rename (`x = Accelerometer X`) or to leave out (`-battery`). In a file without a header, names
   * are given to the columns from the first on, or by number (`x = 5`).
   */
  readonly columns?: readonly string[];
  /** Name, or two names for a date and a time of day. Default: recognised by its name. `-` for none. */
  readonly timeColumn?: string;
  readonly labelColumn?: string;
  readonly subjectColumn?: string;
  /** Reads columns of few texts that come again, too. Default: only those that are asked for. */
  readonly readsTexts?: boolean;
}

/** A channel and its column. */
export interface ChannelColumn {
  readonly name: string;
  readonly unit: string;
  readonly index: number;
  /** Notation of its numbers; undefined for plain ones. */
  readonly notation?: Notation | undefined;
}

/** The columns that are read. */
export interface Columns {
  readonly channels: readonly ChannelColumn[];
  /** The column of times, or those of dates and times of day; empty if there is none. */
  readonly time: readonly number[];
  readonly label: number | undefined;
  readonly subject: number | undefined;
  /** Column of the device, which is not read: the readings of all devices are one stream. */
  readonly device?: number | undefined;
  /** Names of all columns. */
  readonly names: readonly string[];
  /** Units of all columns; empty if the file gives none. */
  readonly units: readonly string[];
}

/** The setting for no column. */
const none = '-';

/**
 * Finds the columns that are read.
 * @param readsTimes false if only a chosen column has times, because the user has set a rate
 * @throws FtteError `recording-invalid` naming a column that does not exist, with the existing ones, or exists twice
 */
export function resolveColumns(
  path: string,
  { table, rows }: Pick<Dialect, 'table' | 'rows'>,
  choices: ColumnChoices,
  readsTimes: boolean,
): Columns {
  const list = parseColumnList(choices.columns ?? []);
  const given = table.header ? undefined : namesByChoice(path, list, table.width);
  const finder = new ColumnFinder(path, table, given);
  const recognise = (role: ColumnRole, ...kinds: CellKind[]) =>
    usualColumn(role, finder.names, (index) => {
      const kind = table.kinds[index]!;
      if (isChannel(index)) return false;
      if (role === 'time' && kind === 'text') return isCertainTime(finder.names[index]!);
      if (!kinds.includes(kind)) return false;
      // A number of the row has the same name as a number of the person, which comes again.
      if (role === 'subject' && isId(finder.names[index]!)) return repeats(rows, index);
      return role !== 'time' || kind === 'time' || isClock(finder.names[index]!, rows, index);
    });
  const asked = [...(choices.channels ?? []), ...list.chosen.map(({ name, column = name }) => column)];
  const isChannel = (index: number) => asked.includes(finder.names[index]!) && table.header !== undefined;
  const one = (name: string | undefined, otherwise: () => number | undefined) =>
    name === undefined || name === '' ? otherwise() : name === none ? undefined : finder.need(name);
  const time = timeColumns(finder, table.kinds, choices.timeColumn, () =>
    table.header || given
      ? (recognise('time', 'number', 'time') ?? onlyTime(table.kinds, rows, isChannel))
      : firstTime(table.kinds),
  );
  const label = one(choices.labelColumn, () => recognise('label', 'number', 'text'));
  const subject = one(choices.subjectColumn, () => recognise('subject', 'number', 'text'));
  const others = [...time, label, subject];
  const numbers = table.kinds.flatMap((kind, i) =>
    isOfNumbers(kind) && !others.includes(i) && !isStamp(finder.names[i]!) ? [i] : [],
  );
  const isNameless = !table.header && !given && !table.otherNames;
  const isByOrder = isNameless && numbers.length === choices.channels?.length;
  const cellsOf = (index: number) => rows.map(({ cells }) => cells[index] ?? '');
  const isOfTexts = (index: number) =>
    table.kinds[index] === 'text' && !others.includes(index) && isOfCategories(cellsOf(index));
  const notation = (index: number) =>
    notationOf(cellsOf(index)) ?? (isOfTexts(index) ? { texts: [] } : undefined);
  // Words for 0 and 1 are channels if they are asked for, or if there is nothing else.
  const isOfWords = (index: number) => !others.includes(index) && notationOf(cellsOf(index)) !== undefined;
  const words = numbers.length > 0 ? numbers : table.kinds.flatMap((_, i) => (isOfWords(i) ? [i] : []));
  const texts = choices.readsTexts ? table.kinds.flatMap((_, i) => (isOfTexts(i) ? [i] : [])) : [];
  const own = [...new Set([...words, ...texts])].sort((a, b) => a - b);
  const found = choices.channels
    ? taskChannels(finder, choices.channels, list, isByOrder ? numbers : undefined)
    : ownChannels(finder, given ? { ...list, chosen: [] } : list, own);
  if (found.length === 0) throw noNumbers(path, finder, { table, rows }, others);
  const channels = found.map((channel) => ({ ...channel, notation: notation(channel.index) }));
  const read = channels.map(({ index }) => index);
  // A user who has chosen a column of the person, or none, knows.
  const isUnasked = subject === undefined && !choices.subjectColumn;
  const device = isUnasked
    ? usualColumn('device', finder.names, (index) => !read.includes(index) && !others.includes(index))
    : undefined;
  // Times beside the rate of the user are not read, and they are no channel either.
  const isRead = readsTimes || !!choices.timeColumn;
  const { names, units } = finder;
  return { channels, time: isRead ? time : [], label, subject, device, names, units };
}

/** Columns of which an error names a cell. */
const mostNamed = 4;

function noNumbers(
  path: string,
  finder: ColumnFinder,
  { table, rows }: Pick<Dialect, 'table' | 'rows'>,
  others: readonly (number | undefined)[],
): FtteError {
  const [first] = rows;
  if (!first) return noRows(path, table);
  const cells = finder.names.flatMap((name, i) => {
    const text = cellText(first.cells[i] ?? '');
    return name === '' || text === '' || others.includes(i)
      ? []
      : [`${name} is ${JSON.stringify(cut(text, 40))}`];
  });
  const held = cells.length === 0 ? '' : ` (line ${first.line}: ${cells.slice(0, mostNamed).join(', ')})`;
  const expected =
    'expected plain numbers, or in every row the same unit behind them (98 %, 36.6 °C), or two words such as true and false: make numbers of the others, and choose the columns to read';
  return new FtteError(
    'recording-invalid',
    `${path} has no column of numbers${held}; ${expected}; ${finder.description()}`,
    { path },
  );
}

/** The error for a file without a row of numbers. @param what it has instead of names */
export function noRows(path: string, { header, words }: Dialect['table'], what = ''): FtteError {
  const names = cut((header ?? []).filter((name) => name !== '').join(', '), 200);
  const has = what || (names === '' ? 'no names' : `the names of its columns (${names})`);
  const text = words
    ? `has no column of numbers (line ${words.line}: ${cut(JSON.stringify(words.cells.join(', ')), 80)})`
    : `has ${has} and no rows below`;
  return new FtteError('recording-invalid', `${path} ${text}, expected rows of numbers`, { path });
}

/** A column without values may have some further down. */
const isOfNumbers = (kind: CellKind) => kind !== 'text' && kind !== 'time';

/** The first column of times in a file without names. */
function firstTime(kinds: readonly CellKind[]): number | undefined {
  const index = kinds.indexOf('time');
  return index < 0 ? undefined : index;
}

/** The only column whose cells are times that change, whatever its name is. */
function onlyTime(
  kinds: readonly CellKind[],
  rows: Dialect['rows'],
  isChannel: (index: number) => boolean,
): number | undefined {
  const found = kinds.flatMap((kind, i) => {
    const texts = rows.map(({ cells }) => cells[i] ?? '');
    return kind === 'time' && !isChannel(i) && 2 * new Set(texts).size > texts.length ? [i] : [];
  });
  return found.length === 1 ? found[0] : undefined;
}

/** Names that the user gives to the columns of a file without a header. */
function namesByChoice(path: string, { chosen }: ColumnList, width: number): string[] | undefined {
  if (chosen.length === 0 || chosen.some(({ column }) => column !== undefined)) return undefined;
  if (chosen.length > width) {
    throw new FtteError(
      'recording-invalid',
      `${path} has ${width} columns and no header, expected one for each of the ${chosen.length} names`,
      { path },
    );
  }
  return Array.from({ length: width }, (_, i) => chosen[i]?.name ?? '');
}

/** True for numbers that are times by the name of their column, or by their course. */
function isClock(name: string, rows: Dialect['rows'], index: number): boolean {
  return isCertainTime(name) || isStamp(name) || rises(rows, index) || isEpochFalling(rows, index);
}

/** True for times since 1970 of a file that begins with the newest row. */
function isEpochFalling(rows: Dialect['rows'], index: number): boolean {
  const isEpoch = rows.every(({ cells }) => {
    const number = Number((cells[index] ?? '').replace(',', '.'));
    return number === 0 || number >= 946_684_800;
  });
  return isEpoch && rises(rows.toReversed(), index);
}

/** True for numbers that rarely decrease, as those of a clock. */
function rises(rows: Dialect['rows'], index: number): boolean {
  const numbers = rows.map(({ cells }) => Number(plainNumber(cellText(cells[index] ?? ''), undefined)));
  const steps = numbers.slice(1).map((number, i) => number - numbers[i]!);
  return steps.filter((step) => step < 0).length <= steps.filter((step) => step > 0).length / 8;
}

/** True if most rows have the same text as the row before. */
function repeats(rows: Dialect['rows'], index: number): boolean {
  const same = rows.slice(1).filter(({ cells }, i) => cells[index] === rows[i]!.cells[index]).length;
  return rows.length > 2 && same > rows.length / 2;
}

/** One column, or a column of dates and one of times of day. */
function timeColumns(
  finder: ColumnFinder,
  kinds: readonly CellKind[],
  chosen: string | undefined,
  otherwise: () => number | undefined,
): number[] {
  if (chosen === none) return [];
  if (chosen !== undefined && chosen !== '') {
    const whole = finder.find(chosen);
    return whole === undefined && chosen.includes(',')
      ? chosen.split(',').map((name) => finder.need(name))
      : [finder.need(chosen)];
  }
  const time = otherwise();
  if (time === undefined) return [];
  const date = finder.names.findIndex(isDateColumn);
  const isSplit = date >= 0 && date !== time && kinds[date] === 'time' && kinds[time] === 'time';
  return isSplit ? [date, time] : [time];
}

/** @param inOrder the columns of the channels in a file without names, if there are as many */
function taskChannels(
  finder: ColumnFinder,
  wanted: readonly string[],
  { chosen }: ColumnList,
  inOrder: readonly number[] | undefined,
): ChannelColumn[] {
  const columnOf = new Map(chosen.map(({ name, column = name }) => [name, column]));
  return wanted.map((name, i) => {
    const index = inOrder?.[i] ?? finder.need(columnOf.get(name) ?? name);
    return { name, unit: finder.units[index]!, index };
  });
}

function ownChannels(
  finder: ColumnFinder,
  { chosen, leftOut }: ColumnList,
  numbers: readonly number[],
): ChannelColumn[] {
  const channel = (name: string, index: number) => ({ name, unit: finder.units[index]!, index });
  if (chosen.length > 0) return chosen.map(({ name, column = name }) => channel(name, finder.need(column)));
  const out = leftOut.map((name) => finder.need(name));
  const kept = numbers.filter((index) => finder.names[index] !== '' && !out.includes(index));
  for (const index of kept) finder.refuseDouble(index);
  return kept.map((index) => channel(finder.names[index]!, index));
}

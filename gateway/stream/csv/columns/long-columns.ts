import { FtteError } from '../../../platform';
import { lettersOf } from '../cells/near-name';
import type { Dialect } from '../dialect/dialect';
import { ColumnFinder } from './column-finder';
import type { ColumnList } from './column-list';
import { type ColumnChoices, type Columns, resolveColumns } from './resolve-columns';
import { usualColumn } from './usual-columns';

/** The columns of a table with one row per value. */
export interface LongColumns {
  /** Its only channel is the column of values. */
  readonly columns: Columns;
  /** Index of the column of types. */
  readonly type: number;
}

/** Most types that are channels without a choice, or named in a notice. */
export const mostTypes = 32;
/** Columns of numbers that no channel is made of, reduced to letters. */
const noChannels: readonly string[] = ['sourceversion', 'version', 'id', 'index', 'unit', 'table', 'result'];

/**
 * The columns of a table with one row per value, if there are a type, a value and a time, and nothing else to read.
 * @param layout set by the user; undefined to find out
 * @throws FtteError `recording-invalid` if the user has set `long` and a column is missing
 */
export function longColumns(
  path: string,
  dialect: Dialect,
  { timeColumn, labelColumn, subjectColumn, channels = [] }: ColumnChoices,
  { chosen }: ColumnList,
  layout: 'table' | 'long' | undefined,
): LongColumns | undefined {
  const { header, kinds } = dialect.table;
  if (layout === 'table' || (!header && layout === undefined)) return undefined;
  const finder = new ColumnFinder(path, dialect.table);
  const wanted = [...channels, ...chosen.map(({ name, column = name }) => column)];
  const isTable = layout === undefined && wanted.some((name) => finder.names.includes(name));
  const isCertain = layout === 'long' || wanted.length > 0;
  const type = usualColumn('type', finder.names, (i) => kinds[i] === 'text');
  // Values of the first types may be words.
  const value = usualColumn(
    'value',
    finder.names,
    (i) => kinds[i] === 'number' || (isCertain && kinds[i] === 'text'),
  );
  if (!isTable && type !== undefined && value !== undefined) {
    const roles = { timeColumn, labelColumn, subjectColumn };
    const columns = resolveColumns(path, dialect, { ...roles, columns: [finder.names[value]!] }, true);
    const read = [type, value, ...columns.time, columns.label, columns.subject];
    const isOther = (i: number) => !read.includes(i) && !noChannels.includes(lettersOf(finder.names[i]!));
    const hasOthers = kinds.some((kind, i) => kind === 'number' && isOther(i));
    if (columns.time.length > 0 && (isCertain || !hasOthers)) return { columns, type };
  }
  if (layout !== 'long') return undefined;
  throw new FtteError(
    'recording-invalid',
    `${path}: expected columns with the names type, value and time for one row per value; ${finder.description()}`,
    { path },
  );
}

/** A type without the prefix of Apple's identifiers. */
export function bareType(text: string): string {
  return text.trim().replace(/^HK(?:Quantity|Category|Data)Type(?:Identifier)?/, '');
}

/** Channels by name, each with its type in the file. */
export function typesOf(
  dialect: Dialect,
  { type }: LongColumns,
  channels: readonly string[] | undefined,
  { chosen, leftOut }: ColumnList,
): ReadonlyMap<string, string> {
  const typeOf = new Map(chosen.map(({ name, column = name }) => [name, bareType(column)]));
  if (channels) return new Map(channels.map((name) => [name, typeOf.get(name) ?? bareType(name)]));
  if (chosen.length > 0) return typeOf;
  const out = new Set(leftOut.map(bareType));
  const types = dialect.rows.map(({ cells }) => bareType(cells[type] ?? ''));
  const distinct = [...new Set(types)].filter((text) => text !== '' && !out.has(text)).slice(0, mostTypes);
  return new Map(distinct.map((text) => [text, text]));
}

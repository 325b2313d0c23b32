import { counted } from '../../platform';
import { notationText } from './cells/notation';
import type { Columns } from './columns/resolve-columns';
import type { CsvFile } from './csv-file';
import type { TextEncoding } from './text/text-encoding';
import type { TimeOrder } from './time-order';

const encodingNames: Readonly<Record<TextEncoding, string>> = {
  'utf-8': '',
  'utf-16le': 'UTF-16',
  'utf-16be': 'UTF-16',
  'windows-1252': 'Latin-1 (Windows-1252)',
};
const separatorNames = {
  comma: '',
  semicolon: 'semicolons',
  tab: 'tabs',
  pipe: 'pipes',
  space: 'blanks',
} as const;

/** A description of a table in one line: its kind, its dialect, if that is not plain, and the meaning of its columns. */
export function describeTable(file: CsvFile, columns: Columns, order: TimeOrder): string {
  return [...describeFile(file), describeColumns(columns, timeText(file, columns, order))].join('; ');
}

/** The unit of the times, and their order if the newest row comes first, in brackets. */
export function timeText(file: CsvFile, columns: Columns, order: TimeOrder): string {
  const unit = file.unitOfTimes(columns);
  const spoken = typeof unit === 'object' ? unit.foreign : unit;
  const falls = order === 'falling' ? 'newest row first' : undefined;
  const parts = [spoken, falls].filter((part) => part !== undefined);
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

/** The kind of a file, and everything about its dialect that is not plain. */
export function describeFile({ encoding, form }: CsvFile): string[] {
  const { name, clock, dialect } = form;
  const { table, linesBefore, decimal, separator, semicolonEnds } = dialect;
  const written = [
    encodingNames[encoding],
    table.width > 1 ? separatorNames[separator] : '',
    semicolonEnds ? 'rows that end with a semicolon' : '',
    decimal === ',' ? 'decimal comma' : '',
    linesBefore > 0 ? `${counted(linesBefore, 'line')} before the table` : '',
    table.header ? '' : 'no header',
    table.header && table.header.length > 1 && table.header.at(-1) === ''
      ? 'a last column without a name'
      : '',
    table.header?.[0] === '' && table.kinds[0] !== 'empty'
      ? 'a first column without a name (row numbers)'
      : '',
  ].filter((text) => text !== '');
  const rate = clock ? `${clock.rateHz} readings per second` : '';
  return [name, rate, written.join(', ')].filter((text) => text !== '');
}

/** The meaning of the columns. @param type index of the column of types in a table with one row per value */
export function describeColumns(
  { channels, time, label, subject, names }: Columns,
  timeText: string,
  type?: number,
): string {
  const nameOf = (index: number) => `"${names[index]}"`;
  const read = new Set([...channels.map(({ index }) => index), ...time, label, subject, type]);
  const leftOut = names.filter((name, i) => name !== '' && !read.has(i));
  return [
    `channels ${listed(channels.map((channel) => channelText(channel, names[channel.index]!)))}`,
    ...(time.length > 0 ? [`time from ${time.map(nameOf).join(' and ')}${timeText}`] : []),
    ...(label === undefined ? [] : [`label from ${nameOf(label)}`]),
    ...(subject === undefined ? [] : [`person from ${nameOf(subject)}`]),
    ...(leftOut.length > 0 ? [`left out: ${listed(leftOut)}`] : []),
  ].join(', ');
}

function channelText({ name, unit, notation }: Columns['channels'][number], column: string): string {
  const from = column === name || column === '' ? '' : ` from "${column}"`;
  const written = unit || notationText(notation);
  return `${name}${from}${written === '' ? '' : ` (${written})`}`;
}

function listed(names: readonly string[], most = 12): string {
  return names.slice(0, most).join(', ') + (names.length > most ? `, ... (${names.length})` : '');
}

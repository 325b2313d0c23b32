import type { ParseArgsConfig } from 'node:util';
import { type CsvOptions, separatorNames, textEncodings, timeFormats } from '../../stream';
import type { Options } from './options';

/** Options of a command that reads a CSV file. */
export const csvOptionNames: NonNullable<ParseArgsConfig['options']> = {
  channels: { type: 'string', short: 'c' },
  time: { type: 'string' },
  label: { type: 'string' },
  person: { type: 'string' },
  rate: { type: 'string' },
  layout: { type: 'string' },
  separator: { type: 'string' },
  decimal: { type: 'string' },
  header: { type: 'string' },
  times: { type: 'string' },
  encoding: { type: 'string' },
  missing: { type: 'string' },
};

const layouts = ['table', 'long'] as const;
const decimals = ['point', 'comma'] as const;
const headers = ['first', 'none'] as const;
const marks = { point: '.', comma: ',' } as const;

/** Help for the options of `csvOptionNames`. */
export const csvOptionHelp: Readonly<Record<string, string>> = {
  channels:
    'LIST: Columns to read (x,y), to rename ("x=Accelerometer X"), or to leave out (--channels=-battery).',
  time: 'COLUMN: Column of times, or "Date,Time". Default: recognised by its name; - for none.',
  label: 'COLUMN: Column of labels. Default: recognised by its name; - for none.',
  person: 'COLUMN: Column of people. Default: recognised by its name; - for none.',
  rate: 'HZ: Readings per second; times are then read only with --time.',
  layout: `WORD: ${layouts.join(' or ')}: one row per reading, or one row per value with a type. Default: recognised.`,
  separator: `WORD: ${separatorNames.join(', ')}. Default: recognised.`,
  decimal: `WORD: ${decimals.join(' or ')}. Default: recognised.`,
  header: `WORD: ${headers.join(' or ')}: whether a line with names comes before the rows. Default: recognised.`,
  times: `WORD: ${timeFormats.join(', ')}. Default: auto.`,
  encoding: `WORD: ${textEncodings.join(', ')}. Default: recognised.`,
  missing: 'LIST: Words and numbers that mean "no value", besides the usual ones: --missing=-999,offline.',
};

/** Settings for reading a CSV file from the options of a command. @throws UsageError */
export function csvOptionsOf(options: Options): CsvOptions {
  const decimal = options.choice('decimal', decimals);
  const header = options.choice('header', headers);
  return {
    columns: options.list('channels'),
    timeColumn: options.text('time'),
    labelColumn: options.text('label'),
    subjectColumn: options.text('person'),
    rateHz: options.positiveNumber('rate'),
    layout: options.choice('layout', layouts),
    separator: options.choice('separator', separatorNames),
    decimal: decimal && marks[decimal],
    header: header && header === 'first',
    time: options.choice('times', timeFormats),
    encoding: options.choice('encoding', textEncodings),
    missing: options.list('missing'),
  };
}

import { z } from 'zod';
import { type CsvOptions, separatorNames, textEncodings, timeFormats } from '../../gateway/stream';
import { field, readConfig } from '../runtime';

/** Settings of a CSV file. Everything that is left empty is recognised. */
const schema = z.object({
  /** Columns to read, to rename or to leave out, separated by commas. */
  channels: field.text(''),
  labelColumn: field.text(''),
  timeColumn: field.text(''),
  subjectColumn: field.text(''),
  rate: field.number({ min: 0, fallback: 0 }),
  dialect: field.choice(['auto', 'set'], 'auto'),
});

/** The dialect of the file; settings of another choice are not read. */
const dialectSchema = z.object({
  layout: field.choice(['auto', 'table', 'long'], 'auto'),
  separator: field.choice(['auto', ...separatorNames], 'auto'),
  decimal: field.choice(['auto', 'point', 'comma'], 'auto'),
  header: field.choice(['auto', 'first', 'none'], 'auto'),
  encoding: field.choice(['auto', ...textEncodings], 'auto'),
  timeFormat: field.choice(timeFormats, 'auto'),
  /** Words and numbers that mean "no value", separated by commas. */
  missing: field.text(''),
});

const marks = { point: '.', comma: ',' } as const;

/** Options for reading a CSV file, from a stored config. @throws FtteError `config-invalid` */
export function csvOptions(config: object): CsvOptions {
  const { channels, labelColumn, timeColumn, subjectColumn, rate, dialect } = readConfig(schema, config);
  const set = readConfig(dialectSchema, dialect === 'set' ? config : {});
  const { layout, separator, decimal, header, encoding, timeFormat: time, missing } = set;
  return {
    columns: listed(channels),
    labelColumn,
    timeColumn,
    subjectColumn,
    time,
    missing: listed(missing),
    ...(rate > 0 && { rateHz: rate }),
    ...(layout !== 'auto' && { layout }),
    ...(separator !== 'auto' && { separator }),
    ...(decimal !== 'auto' && { decimal: marks[decimal] }),
    ...(header !== 'auto' && { header: header === 'first' }),
    ...(encoding !== 'auto' && { encoding }),
  };
}

const listed = (text: string) =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');

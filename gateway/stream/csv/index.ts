/** Tables in text files: dialects, rows, cells and columns. */

export type { DecimalMark } from './cells/number-cell';
export type { ColumnChoices } from './columns/resolve-columns';
export { isLabelColumn } from './columns/usual-columns';
export type { CsvReader } from './csv-reader';
export type { TableChoices } from './csv-table';
export type { DialectChoices } from './dialect/dialect';
export { type SeparatorName, separatorNames } from './dialect/parse-records';
export * from './open-csv';
export type { CsvNotice } from './row-problems';
export { type TextEncoding, textEncodings } from './text/text-encoding';

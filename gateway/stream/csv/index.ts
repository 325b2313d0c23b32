/** Tables in text files: how they are written, where their rows are, and what their cells say. */
export type { CsvReader } from './csv-reader';
export type { TableChoices } from './csv-table';
export type { DialectChoices } from './dialect';
export type { DecimalMark } from './number-cell';
export * from './open-csv';
export { type SeparatorName, separatorNames } from './parse-records';
export type { ColumnChoices } from './resolve-columns';
export type { CsvNotice } from './row-problems';
export { type TextEncoding, textEncodings } from './text-encoding';

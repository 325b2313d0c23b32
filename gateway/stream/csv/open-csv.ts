import type { CsvReader } from './csv-reader';
import { CsvTable, type TableChoices } from './csv-table';
import { readHead } from './read-head';
import type { TextEncoding } from './text-encoding';

/**
 * Opens a file for reading.
 * @throws FtteError `recording-invalid` naming the file: it is no table, or lacks a column, with the columns it has
 */
export async function openCsv(
  path: string,
  options: TableChoices & { readonly encoding?: TextEncoding },
): Promise<CsvReader> {
  const head = await readHead(path, options.encoding);
  return CsvTable.open(path, head, options);
}

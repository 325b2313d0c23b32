import type { CsvReader } from './csv-reader';
import { CsvTable, type TableChoices } from './csv-table';
import { readHead } from './text/read-head';
import type { TextEncoding } from './text/text-encoding';

/**
 * Opens a file for reading.
 * @throws FtteError `recording-invalid` naming the file, which is no table, or the missing column and the existing ones
 */
export async function openCsv(
  path: string,
  options: TableChoices & { readonly encoding?: TextEncoding },
): Promise<CsvReader> {
  const head = await readHead(path, options.encoding);
  return CsvTable.open(path, head, options);
}

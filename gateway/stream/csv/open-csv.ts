import { stat } from 'node:fs/promises';
import { CsvFile } from './csv-file';
import type { CsvReader } from './csv-reader';
import { CsvTable, type TableChoices } from './csv-table';
import { EmpaticaFolder } from './empatica-folder';
import { LongTable } from './long-table';

/**
 * Opens a file, or a folder of Empatica E4, for reading.
 * @throws FtteError `recording-invalid` naming the file, which is no table, or the missing column and the existing ones
 */
export async function openCsv(path: string, choices: TableChoices): Promise<CsvReader> {
  const isFolder = await stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  if (isFolder) return EmpaticaFolder.open(path, choices);
  const file = await CsvFile.open(path, choices);
  return LongTable.open(file, choices) ?? new CsvTable(file, choices);
}

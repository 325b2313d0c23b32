import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CsvOptions, CsvSource, type Reading } from '../../../../gateway/stream';

/** The readings of a file, its source, and the notices about its rows. */
export interface ReadFile {
  readonly readings: Reading[];
  readonly source: CsvSource;
  readonly warnings: string[];
  readonly errors: string[];
}

/** Makes a folder for every test of a suite. The result writes a file there and reads it. */
export function useCsvFiles() {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ftte-csv-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const path = (name = 'clinic.csv') => join(folder, name);
  const write = (content: string | Uint8Array, name?: string) => writeFile(path(name), content);
  async function read(
    content: string | Uint8Array,
    options: CsvOptions = {},
    name?: string,
  ): Promise<ReadFile> {
    await write(content, name);
    const warnings: string[] = [];
    const errors: string[] = [];
    const onNotice: CsvOptions['onNotice'] = ({ level, text }) =>
      (level === 'error' ? errors : warnings).push(text.replace(`${folder}/`, ''));
    const source = await CsvSource.open(path(name), { ...options, onNotice });
    const readings: Reading[] = [];
    for await (const reading of source.readings()) readings.push(reading);
    return { readings, source, warnings, errors };
  }
  /** Only the values of the readings. */
  const values = async (content: string | Uint8Array, options: CsvOptions = {}) =>
    (await read(content, options)).readings.map(({ values: row }) => [...row]);
  return { path, write, read, values };
}

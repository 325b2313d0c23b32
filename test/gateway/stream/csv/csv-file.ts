import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CsvOptions, CsvSource, type Reading } from '../../../../gateway/stream';

/** What came of a file: its readings, what was recognised, and what was said of its rows. */
export interface ReadFile {
  readonly readings: Reading[];
  readonly source: CsvSource;
  readonly warnings: string[];
  readonly errors: string[];
}

/** Gives every test of a suite a folder; the result reads a file that it writes there. */
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
  /** The values of a file's readings alone. */
  const values = async (content: string | Uint8Array, options: CsvOptions = {}) =>
    (await read(content, options)).readings.map(({ values: row }) => [...row]);
  return { path, write, read, values };
}

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CsvOptions, CsvSource, type Reading } from '../../../gateway/stream';
import { refusal } from './tools';

describe('CSV source', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ftte-csv-'));
    path = join(folder, 'clinic.csv');
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function read(text: string, options: CsvOptions = {}): Promise<Reading[]> {
    await writeFile(path, text);
    const readings: Reading[] = [];
    for await (const reading of (await CsvSource.open(path, options)).readings()) readings.push(reading);
    return readings;
  }

  it('reads all columns as channels, in the order of the header', async () => {
    await writeFile(path, 'a,b\n1,2\n-3.5,4e2\n');
    const source = await CsvSource.open(path, { rateHz: 50 });
    assert.deepEqual(source.channels, ['a', 'b']);
    assert.equal(source.length, undefined);
    assert.equal(source.rateHz, 50);
    assert.deepEqual(await read('a,b\n1,2\n-3.5,4e2\n'), [{ values: [1, 2] }, { values: [-3.5, 400] }]);
  });

  it('reads chosen channels in the given order, with time, label and person', async () => {
    const text = 'when,who,what,b,a\n100,anna,still,1,2\n2026-01-01T00:00:00Z,ben,,3,4\n';
    const options = { channels: ['a', 'b'], timeColumn: 'when', labelColumn: 'what', subjectColumn: 'who' };
    assert.deepEqual(await read(text, options), [
      { values: [2, 1], timeMs: 100, label: 'still', subject: 'anna' },
      { values: [4, 3], timeMs: Date.parse('2026-01-01T00:00:00Z'), subject: 'ben' },
    ]);
    const rest = await CsvSource.open(path, { ...options, channels: undefined });
    assert.deepEqual(rest.channels, ['b', 'a']);
  });

  it('reads an empty cell as a missing value', async () => {
    assert.deepEqual(await read('a,b\n1,\n,NaN\n'), [
      { values: [1, Number.NaN] },
      { values: [Number.NaN, Number.NaN] },
    ]);
  });

  it('finds out whether commas, semicolons or tabs separate the columns', async () => {
    for (const delimiter of [',', ';', '\t']) {
      const text = `\ufeffa${delimiter}"b"\r\n1${delimiter}2\r\n`;
      assert.deepEqual(await read(text), [{ values: [1, 2] }], `parted by ${JSON.stringify(delimiter)}`);
    }
  });

  it('refuses a value that is not a number, naming line and column', async () => {
    await assert.rejects(
      read('a,b\n1,2\n3,high\n'),
      refusal('recording-invalid', 'clinic.csv line 3', 'b is "high"', 'number'),
    );
    await assert.rejects(read('a,b\n1,Infinity\n'), refusal('recording-invalid', 'line 2', 'Infinity'));
  });

  it('refuses a value that is not a time, naming line and column', async () => {
    await assert.rejects(
      read('t,a\nsoon,2\n', { timeColumn: 't' }),
      refusal('recording-invalid', 'line 2', 't is "soon"'),
    );
  });

  it('refuses a line with too few cells, naming it', async () => {
    await assert.rejects(read('a,b\n1,2\n3\n'), refusal('recording-invalid', 'clinic.csv', 'line 3'));
  });

  it('refuses a column that does not exist, naming those that do', async () => {
    await assert.rejects(
      read('a,b\n1,2\n', { labelColumn: 'what' }),
      refusal('recording-invalid', '"what"', 'a, b'),
    );
  });

  it('refuses an empty file and a missing one', async () => {
    await assert.rejects(read(''), refusal('recording-invalid', 'empty'));
    await assert.rejects(
      CsvSource.open(join(folder, 'no.csv')),
      refusal('recording-invalid', 'cannot read', 'no.csv'),
    );
  });

  const onLinux = existsSync('/proc/self/fd') ? it : it.skip;
  onLinux('closes the file when a reader stops early', async () => {
    await writeFile(path, `a\n${'1\n'.repeat(200_000)}`);
    const handles = async () => {
      const names = await readdir('/proc/self/fd');
      const targets = await Promise.all(
        names.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => '')),
      );
      return targets.filter((target) => target === path).length;
    };
    let count = 0;
    for await (const _ of (await CsvSource.open(path)).readings()) {
      if (++count < 10) continue;
      assert.ok((await handles()) > 0, 'the check sees open files');
      break;
    }
    // Closing takes a moment. If the file stays open, the time limit of the test ends this.
    while ((await handles()) > 0) await new Promise((resolve) => setImmediate(resolve));
  });
});

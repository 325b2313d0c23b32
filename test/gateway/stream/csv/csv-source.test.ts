import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readlink } from 'node:fs/promises';
import { CsvSource } from '../../../../gateway/stream';
import { aMoment } from '../../../support/waiting';
import { refusal } from '../tools';
import { useCsvFiles } from './csv-file';

describe('CSV source', () => {
  const { path, write, read, values } = useCsvFiles();

  it('reads all columns of numbers as channels, in the order of the header', async () => {
    await write('a,b\n1,2\n-3.5,4e2\n');
    const source = await CsvSource.open(path(), { rateHz: 50 });
    assert.deepEqual(source.channels, ['a', 'b']);
    assert.equal(source.length, undefined);
    assert.equal(source.rateHz, 50);
    assert.deepEqual(await values('a,b\n1,2\n-3.5,4e2\n'), [
      [1, 2],
      [-3.5, 400],
    ]);
  });

  it('reads chosen channels in the order asked for, with time, label and person', async () => {
    const text = 'when,who,what,b,a\n100,anna,still,1,2\n2026-01-01T00:00:00Z,ben,,3,4\n';
    const options = { channels: ['a', 'b'], timeColumn: 'when', labelColumn: 'what', subjectColumn: 'who' };
    assert.deepEqual((await read(text, options)).readings, [
      { values: [2, 1], timeMs: 100, label: 'still', subject: 'anna' },
      { values: [4, 3], timeMs: Date.parse('2026-01-01T00:00:00Z'), subject: 'ben' },
    ]);
    const rest = await CsvSource.open(path(), { ...options, channels: undefined });
    assert.deepEqual(rest.channels, ['b', 'a']);
  });

  it('takes an empty cell and the usual words for missing values, and others by choice', async () => {
    const words = ['', 'NaN', 'NA', '?', '-', 'null', 'n/a', '#N/A', 'unavailable'];
    const text = `a,b\n1,2\n${words.map((word) => `5,${word}`).join('\n')}\n`;
    assert.deepEqual(
      (await values(text)).slice(1),
      words.map(() => [5, Number.NaN]),
    );
    assert.deepEqual(await values('a,b\n1,-999\noffline,2\n', { missing: ['-999', 'offline'] }), [
      [1, Number.NaN],
      [Number.NaN, 2],
    ]);
  });

  it('reads the same again in another pass', async () => {
    const { source, readings } = await read('a\n1\n2\n');
    const again = [];
    for await (const reading of source.readings()) again.push(reading);
    assert.deepEqual(again, readings);
  });

  for (const [what, content, said] of [
    ['a header', 'a,b\n', /the names of its columns \(a, b\) and no rows below/],
    ['a header without a line end', 'time;x', /the names of its columns \(time, x\) and no rows below/],
    ['a header and units', 'time,x\ns,g\n', /the names of its columns \(time, x\) and no rows below/],
    ['a header and blank lines', 'a,b\n\n\r\n', /the names of its columns \(a, b\) and no rows below/],
  ] as const)
    it(`opens ${what}, and the check and the readings name what is missing`, async () => {
      await write(content);
      const source = await CsvSource.open(path()).catch((error: Error) => error);
      if (source instanceof Error) assert.match(source.message, said);
      else {
        assert.throws(() => source.check(), said);
        await assert.rejects(async () => {
          for await (const _ of source.readings()) assert.fail('there is no reading');
        }, said);
      }
    });

  it('names a file of which every row is left out, and why', async () => {
    await assert.rejects(
      read('n,x\nTotal,5\n'),
      /clinic\.csv has no row that can be read: 1 lines after the table/,
    );
  });

  it('refuses a recording of Empatica that ends with its rate', async () => {
    await assert.rejects(
      read('1700000000.0\n4.0\n', {}, 'EDA.csv'),
      /EDA\.csv has a start and a rate and no rows/,
    );
  });

  for (const [what, content, said] of [
    ['an empty file', '', /clinic\.csv is empty/],
    ['a file of blank lines', '\n\n', /clinic\.csv is empty/],
    ['a text without a table', 'Dear all,\nthis is a letter.\n', /no column of numbers/],
    ['JSON', '[{"x": 1}]', /is JSON: export it as CSV/],
    ['HTML', '<!DOCTYPE html><html></html>', /is XML or HTML/],
    ['an Excel workbook', 'PK\x03\x04\x14', /Excel workbook or a ZIP archive: save the sheet as CSV/],
    ['a compressed file', Buffer.from([0x1f, 0x8b, 8, 0]), /compressed \(gzip\): unpack it/],
    ['other bytes', Buffer.from(Array.from({ length: 200 }, (_, i) => i % 32)), /binary file/],
  ] as const) {
    it(`refuses ${what}, naming the file and what to do`, async () => {
      await assert.rejects(read(content), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'recording-invalid');
        assert.match(error.message, said);
        return true;
      });
    });
  }

  it('refuses a file that is not there', async () => {
    await assert.rejects(
      CsvSource.open(path('no.csv')),
      refusal('recording-invalid', 'cannot read', 'no.csv'),
    );
  });

  it('keeps what it has read when the file cannot be read on', async () => {
    const { source } = await read(`a\n${'1\n'.repeat(50_000)}`);
    const rows = source.readings()[Symbol.asyncIterator]();
    await rows.next();
    // A line that never ends stands for a disk that fails: reading throws after what lies before it.
    await write(`a\n${'1\n'.repeat(1000)}${'x'.repeat(1_200_000)}`);
    let count = 0;
    await assert.rejects(
      (async () => {
        for await (const _ of source.readings()) count++;
      })(),
      refusal('recording-invalid', 'clinic.csv', 'more than 1 MB'),
    );
    assert.equal(count, 1000);
    await rows.return?.();
  });

  const onLinux = existsSync('/proc/self/fd') ? it : it.skip;
  onLinux('lets go of the file when a reader stops early', async () => {
    await write(`a\n${'1\n'.repeat(200_000)}`);
    const handles = async () => {
      const names = await readdir('/proc/self/fd');
      const targets = await Promise.all(
        names.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => '')),
      );
      return targets.filter((target) => target === path()).length;
    };
    let count = 0;
    for await (const _ of (await CsvSource.open(path())).readings()) {
      if (++count < 10) continue;
      assert.ok((await handles()) > 0, 'the check sees open files');
      break;
    }
    // Closing takes a moment; a file that stays open ends this by the test's time limit.
    while ((await handles()) > 0) await aMoment();
  });
});

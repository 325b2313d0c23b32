import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { CsvSource } from '../../../../gateway/stream';
import { useCsvFiles } from './csv-file';

const good = (count: number) => Array.from({ length: count }, (_, i) => `${i},0.5,-1`).join('\n');
const hole = [Number.NaN, Number.NaN, Number.NaN];

describe('rows of a CSV file with something wrong', () => {
  const { read } = useCsvFiles();

  it('miss the values of cells that they lack, which is said once and counted', async () => {
    const { readings, warnings, errors, source } = await read(`x,y,z\n${good(3)}\n3,0\n4\n5,0.5,-1\n`);
    assert.deepEqual(
      readings.slice(3).map(({ values }) => values),
      [
        [3, 0, Number.NaN],
        [4, Number.NaN, Number.NaN],
        [5, 0.5, -1],
      ],
    );
    assert.equal(warnings[0], 'clinic.csv line 5: the row has 2 cells, expected 3');
    assert.match(warnings[1] ?? '', /clinic\.csv: 2 rows with too few cells/);
    assert.deepEqual([warnings.length, errors, source.counts], [2, [], { short: 2 }]);
  });

  for (const { what, again, rows } of [
    { what: 'as before', again: 'x,y,z', rows: '7,8,9' },
    { what: 'in another order', again: 'z,x,y', rows: '9,7,8' },
    { what: 'in another order, and then as before', again: 'z,y,x\n9,8,7\nx,y,z', rows: '7,8,9' },
  ])
    it(`are read by the names of their columns if the header comes again ${what}`, async () => {
      const { readings, warnings, errors } = await read(`x,y,z\n7,8,9\n7,8,9\n${again}\n${rows}\n${rows}\n`);
      assert.ok(readings.length >= 4);
      for (const { values } of readings) assert.deepEqual(values, [7, 8, 9]);
      assert.deepEqual([warnings, errors], [[], []]);
    });

  for (const { what, rows, line } of [
    { what: 'totals', rows: 'Total,12,13,14', line: 5 },
    { what: 'totals and a sentence', rows: 'Mean:,1,2,3\nEnd of file', line: 5 },
    { what: 'a remark of one cell', rows: 'exported by LoggerTool 4.1', line: 5 },
  ])
    it(`are no readings if they are ${what} after the table, which is said once and counted`, async () => {
      const table = `n,x,y,z\n${[1, 2, 3].map((n) => `r${n},${n},0.5,-1`).join('\n')}\n`;
      const { readings, warnings, errors, source } = await read(table + rows, { channels: ['x', 'y', 'z'] });
      assert.equal(readings.length, 3);
      assert.deepEqual(errors, []);
      assert.equal(source.counts.footer, rows.split('\n').length);
      assert.match(
        warnings[0] ?? '',
        new RegExp(`clinic\\.csv line ${line}: .* after the last reading is left out`),
      );
    });

  it('are read if they look like totals and readings follow, and if totals is a label', async () => {
    const inside = await read('n,x\nr1,1\nTotal,2\nr2,3\n', { channels: ['x'] });
    assert.deepEqual(
      inside.readings.map(({ values }) => values[0]),
      [1, 2, 3],
    );
    const labelled = await read('label,x\nstart,1\nend,2\n', { channels: ['x'] });
    assert.equal(labelled.readings.length, 2);
  });

  it('of several devices are one stream, which a warning says with the column, unless a person is chosen', async () => {
    const table = 'device,x\nleft,1\nleft,2\nright,3\nleft,4\n';
    const joined = await read(table, { channels: ['x'] });
    assert.equal(joined.warnings.length, 1);
    assert.match(joined.warnings[0]!, /line 4: device is "right" after "left", .* one stream; choose device/);
    const apart = await read(table, { channels: ['x'], subjectColumn: 'device' });
    assert.deepEqual(apart.warnings, []);
    assert.deepEqual(
      apart.readings.map(({ subject }) => subject),
      ['left', 'left', 'right', 'left'],
    );
    const chosen = await read(table, { channels: ['x'], subjectColumn: '-' });
    assert.deepEqual(chosen.warnings, []);
    const alone = await read('device,x\nleft,1\nleft,2\n', { channels: ['x'] });
    assert.deepEqual(alone.warnings, []);
  });

  it('are no problem if they lack only cells that nobody reads', async () => {
    const { readings, warnings } = await read('x,y,note\n1,2,good\n3,4\n', { channels: ['x', 'y'] });
    assert.deepEqual(
      readings.map(({ values }) => values),
      [
        [1, 2],
        [3, 4],
      ],
    );
    assert.deepEqual(warnings, []);
  });

  it('are left out with a line of their own if they have cells too many, and leave a hole', async () => {
    const { readings, errors, source } = await read(`x,y,z\n${good(3)}\n1,2,3,4\n5,6,7,8,9\n${good(2)}\n`);
    assert.deepEqual(readings.map(({ values }) => values).slice(3, 5), [hole, hole]);
    assert.equal(readings.length, 7);
    assert.deepEqual(errors, ['clinic.csv line 5: the row has 4 cells, expected 3']);
    assert.deepEqual(source.counts, { long: 2 });
  });

  it('are not there at all if times show that they are missing', async () => {
    const { readings } = await read('time,x\n0,1\n20,2,9\n40,3\n60,4\n');
    assert.deepEqual(
      readings.map(({ timeMs }) => timeMs),
      [0, 40, 60],
    );
  });

  it('miss a value that is no number, which names line and column', async () => {
    const { readings, errors, warnings } = await read('x,y\n1,2\n3,high\n5,low\nslow,8\n');
    assert.deepEqual(
      readings.map(({ values }) => values),
      [
        [1, 2],
        [3, Number.NaN],
        [5, Number.NaN],
        [Number.NaN, 8],
      ],
    );
    assert.deepEqual(errors, [
      'clinic.csv line 3: y is "high", expected a number',
      'clinic.csv line 5: x is "slow", expected a number',
    ]);
    assert.deepEqual(warnings, ['clinic.csv: 3 values that are no numbers (missing)']);
  });

  it('are left out without a time that can be read', async () => {
    const { readings, errors } = await read('t,x\n2026-01-01T00:00:00Z,1\nsoon,2\n2026-01-01T00:00:02Z,3\n', {
      timeColumn: 't',
    });
    assert.deepEqual(
      readings.map(({ values }) => values),
      [[1], [3]],
    );
    assert.match(
      errors[0] ?? '',
      /clinic\.csv line 3: t is "soon", expected .* ISO 8601 time such as 2026-12-31T23:59:59/,
    );
  });

  it('count as missing readings if they have separators alone', async () => {
    const { readings, warnings } = await read('x,y,z\n1,2,3\n,,\n4,5,6\n');
    assert.deepEqual(
      readings.map(({ values }) => values),
      [[1, 2, 3], hole, [4, 5, 6]],
    );
    assert.deepEqual(warnings, []);
  });

  it('do not take those behind them for the inside of a cell if a quote is never closed', async () => {
    const rows = Array.from({ length: 3000 }, (_, i) => `${i},${i === 7 ? '"off' : 'on'},0.5`).join('\n');
    const { readings, errors } = await read(`x,state,y\n${rows}\n`);
    assert.equal(readings.length, 3000);
    assert.deepEqual(readings[8]?.values, [8, 0.5]);
    assert.deepEqual(errors, [
      'clinic.csv line 9: expected quotes around whole cells, got an unpaired quote',
    ]);
  });

  it('do not swallow those between two quotes that do not belong together', async () => {
    const rows = Array.from({ length: 100 }, (_, i) => `${i},${i % 50 === 7 ? '"off' : 'on'},0.5`).join('\n');
    const { readings, source } = await read(`x,state,y\n${rows}\n`);
    assert.equal(readings.length, 100);
    assert.deepEqual(source.counts, { quotes: 2 });
  });

  it('are named by the line on which they begin, whatever lies before', async () => {
    const text = 'sep=;\nLogger "7"\nx;note;y\nmV;;mV\n\n1;"a\nb\nc";2\n3;ok;fast\n4;ok;5\n6;ok;7\n';
    const { readings, errors } = await read(text);
    assert.equal(readings.length, 4);
    assert.deepEqual(errors, ['clinic.csv line 9: y is "fast", expected a number']);
  });

  it('are said to be wrong once, however often the file is played', async () => {
    const { source, errors, warnings } = await read('x\n1\nfast\n2\nslow\n');
    for await (const _ of source.readings());
    for await (const _ of source.readings());
    assert.equal(errors.length, 1);
    assert.equal(warnings.length, 1);
    assert.deepEqual(source.counts, { value: 2 });
  });

  it('keep label and person of the row before in a hole', async () => {
    const { readings } = await read('x,label,user\n1,walk,anna\n2,walk,anna,7\n3,sit,ben\n');
    assert.deepEqual(readings[1], { values: [Number.NaN], label: 'walk', subject: 'anna' });
  });
});

describe('a named pipe in place of a file', () => {
  const { path } = useCsvFiles();
  it('is refused at once, although nothing writes to it', async () => {
    execFileSync('mkfifo', [path('pipe.csv')]);
    await assert.rejects(CsvSource.open(path('pipe.csv')), /pipe\.csv is no file that can be read twice$/);
  });
});

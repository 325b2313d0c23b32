import assert from 'node:assert/strict';
import { refusal } from '../tools';
import { useCsvFiles } from './csv-file';

describe('the columns of a CSV file', () => {
  const { read } = useCsvFiles();
  const channels = async (...args: Parameters<typeof read>) => (await read(...args)).source.channels;

  it('are channels only if they hold numbers and are no label, person or time', async () => {
    const { source, readings } = await read(
      'user,activity,timestamp,x,device,y\n7,walk,1700000000000,1,watch,2\n',
    );
    assert.deepEqual(source.channels, ['x', 'y']);
    assert.deepEqual(readings, [{ values: [1, 2], label: 'walk', subject: '7', timeMs: 1_700_000_000_000 }]);
    assert.match(
      source.recognised,
      /channels x, y, time from "timestamp" \(ms\), label from "activity", person from "user", left out: device$/,
    );
  });

  it('have no role by their name if a task has a channel of that name, or the user says so', async () => {
    const text = 'time,class,x\n0,1,2\n1,2,3\n';
    assert.deepEqual(await channels(text, { channels: ['class', 'time'] }), ['class', 'time']);
    assert.deepEqual(await channels(text, { labelColumn: '-', timeColumn: '-' }), ['time', 'class', 'x']);
  });

  it('have no times if the user gives a rate and names no column', async () => {
    const text = 'time,x\n0,2\n1,3\n';
    assert.deepEqual((await read(text, { rateHz: 50 })).readings[0], { values: [2] });
    assert.deepEqual((await read(text, { rateHz: 50, timeColumn: 'time' })).readings[1]?.timeMs, 1);
  });

  it('are chosen, renamed and left out by a list', async () => {
    const text = 'a,b,c,d\n1,2,3,4\n';
    assert.deepEqual(await channels(text, { columns: ['c', 'a'] }), ['c', 'a']);
    assert.deepEqual(await channels(text, { columns: ['-b', '-d'] }), ['a', 'c']);
    const { source, readings } = await read(text, { columns: ['x = d', 'y=a'] });
    assert.deepEqual(
      [source.channels, readings[0]?.values],
      [
        ['x', 'y'],
        [4, 1],
      ],
    );
  });

  it('stand for the channels of a task by another name', async () => {
    const options = { channels: ['acc_x', 'acc_y'], columns: ['acc_x = Accelerometer X'] };
    const { readings } = await read('Accelerometer X,acc_y\n1,2\n', options);
    assert.deepEqual(readings[0]?.values, [1, 2]);
  });

  it('are read by a task alone, whatever the others hold', async () => {
    const { readings, errors } = await read('x,x2,note,note\n1,bad,a,b\n2,worse,c,d\n', { channels: ['x'] });
    assert.deepEqual(
      readings.map(({ values }) => values),
      [[1], [2]],
    );
    assert.deepEqual(errors, []);
  });

  it('are found without the units behind their names', async () => {
    assert.deepEqual(await channels('x [g],y (m/s^2)\n1,2\n', { channels: ['y', 'x'] }), ['y', 'x']);
    assert.deepEqual(await channels('x [g],y [g]\n1,2\n', { channels: ['x [g]'] }), ['x [g]']);
    assert.deepEqual(await channels('T (left),T (right)\n1,2\n'), ['T (left)', 'T (right)']);
  });

  for (const [what, wanted, header, parts] of [
    [
      'in another spelling',
      'acc_x',
      'accX,accY',
      ['no column "acc_x"', 'it has accX, accY', 'is "accX" meant?'],
    ],
    ['in another case', 'acc_x', 'ACC_X,ACC_Y', ['is "ACC_X" meant?']],
    ['with a slip', 'gyro_x', 'gryo_x,gryo_y', ['is "gryo_x" meant?']],
    ['in no similar spelling', 'pressure', 'a,b', ['no column "pressure"; it has a, b']],
  ] as const) {
    it(`are named if a channel is missing, or there ${what}`, async () => {
      const options = { channels: [wanted] };
      await assert.rejects(
        read(`${header}\n1,2\n`, options),
        refusal('recording-invalid', 'clinic.csv', ...parts),
      );
    });
  }

  it('are named if one that the user chose for a role is missing', async () => {
    await assert.rejects(
      read('a,b\n1,2\n', { labelColumn: 'what' }),
      refusal('recording-invalid', '"what"', 'a, b'),
    );
    await assert.rejects(
      read('a,b\n1,2\n', { columns: ['-c'] }),
      refusal('recording-invalid', '"c"', 'a, b'),
    );
  });

  it('are refused if two have the name of a channel', async () => {
    await assert.rejects(
      read('x,y,x\n1,2,3\n'),
      refusal('recording-invalid', 'clinic.csv', 'the column "x" twice (1 and 3)'),
    );
    await assert.rejects(read('x,y,x\n1,2,3\n', { channels: ['x'] }), refusal('recording-invalid', 'twice'));
  });

  it('are not taken for those of a header with more or fewer names', async () => {
    const text = 'x,y,z,w\n7,1,2\n9,2,3\n8,3,4\n';
    const { warnings, source } = await read(text);
    assert.deepEqual(source.channels, ['1', '2', '3']);
    assert.match(warnings[0] ?? '', /clinic\.csv has no header with 3 names/);
    await assert.rejects(
      read(text, { channels: ['x', 'y', 'z'] }),
      refusal('recording-invalid', 'no header for its rows of 3 cells (x, y, z, w)'),
    );
  });

  it('are refused if names stand twice, though groups above them are distinct', async () => {
    const text = `Acc,,Gyro,\nx,y,x,y\n1,2,3,4\n`;
    await assert.rejects(read(text), refusal('recording-invalid', 'the column "x" twice (1 and 3)'));
  });

  it('of times are found if they have the word in their names, and others of them are no channels', async () => {
    const text = 'Phone timestamp;sensor timestamp [ns];X [mg]\n2026-01-05T12:00:00.1;6000;1\n';
    const { source } = await read(text);
    assert.deepEqual(source.channels, ['X']);
    assert.match(source.recognised, /time from "Phone timestamp", left out: sensor timestamp/);
  });

  it('have numbers if the file has no header', async () => {
    const text = '0,0.5\n20,1.5\n40,2.5\n';
    assert.deepEqual(await channels(text), ['1', '2']);
    const { readings } = await read(text, { columns: ['x=2'], timeColumn: '1' });
    assert.deepEqual(readings[1], { values: [1.5], timeMs: 20 });
    await assert.rejects(
      read(text, { channels: ['x', 'y', 'z'] }),
      refusal('recording-invalid', 'no column "x"', 'no header, and its columns are 1 to 2'),
    );
    await assert.rejects(read(text, { columns: ['x', 'y', 'z'] }), refusal('recording-invalid', '2 columns'));
  });

  it('of a file without a header are time, label and person by the names that the user gives', async () => {
    const columns = ['user', 'activity', 'timestamp', 'x'];
    const { readings } = await read('7,walk,1700000000000,1\n7,walk,1700000000020,2\n', { columns });
    assert.deepEqual(readings[0], { values: [1], label: 'walk', subject: '7', timeMs: 1_700_000_000_000 });
  });
});

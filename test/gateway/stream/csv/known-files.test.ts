import assert from 'node:assert/strict';
import { CsvSource, type Reading } from '../../../../gateway/stream';
import { refusal } from '../tools';
import { useCsvFiles } from './csv-file';

const lines = (count: number, of: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => of(i)).join('\n');
const startMs = 1_700_000_000_000;

/** A recording of Empatica E4: the start and the rate in each column, then the values. */
const empatica = (rateHz: number, count: number, of: (i: number) => string, startS = startMs / 1000) => {
  const columns = of(0).split(',').length;
  const row = (value: number) => Array.from({ length: columns }, () => value.toFixed(6)).join(', ');
  return `${row(startS)}\n${row(rateHz)}\n${lines(count, of)}\n`;
};
const byName = ({ channels }: CsvSource, { values }: Reading) =>
  Object.fromEntries(channels.map((name, c) => [name, values[c]]));

describe('a CSV file of a known kind', () => {
  const { path, write, read } = useCsvFiles();

  it('is a recording of Empatica E4, with its start and its rate', async () => {
    const { source, readings } = await read(
      empatica(32, 40, (i) => `${i},5,-64`),
      {},
      'ACC.csv',
    );
    assert.deepEqual([source.channels, source.rateHz], [['acc_x', 'acc_y', 'acc_z'], 32]);
    assert.equal(readings.length, 40);
    assert.deepEqual(readings[32], { values: [32, 5, -64], timeMs: startMs + 1000 });
    assert.match(
      source.recognised,
      /a recording of Empatica E4; 32 readings per second; .*acc_x \(1\/64 g\)/,
    );
  });

  it('has the names of the channels of a task, or of the user, if its own name says none', async () => {
    const one = empatica(4, 8, (i) => `0.${i}`);
    assert.deepEqual((await read(one, { channels: ['skin'] }, 'x.csv')).source.channels, ['skin']);
    assert.deepEqual((await read(one, { columns: ['skin'] }, 'x.csv')).source.channels, ['skin']);
    assert.deepEqual((await read(one, {}, 'EDA.csv')).source.channels, ['eda']);
    const { readings } = await read(one, { rateHz: 10 }, 'EDA.csv');
    assert.deepEqual(readings[0], { values: [0] }, 'a rate that is set is not that of the clock');
  });

  it('is not taken for a recording of Empatica if its first numbers only look like a start', async () => {
    const times = lines(6, (i) => `${1_700_000_000 + i}`);
    assert.equal((await read(`${times}\n`)).readings.length, 6);
    assert.equal((await read('7\n4\n5\n6\n')).readings.length, 4);
  });

  it('is the intervals between beats of Empatica, at their times', async () => {
    const { source, readings } = await read('1700000000.0, IBI\n1.5,0.75\n2.25,0.8125\n', {}, 'IBI.csv');
    assert.deepEqual(source.channels, ['ibi']);
    assert.deepEqual(readings[1], { values: [0.8125], timeMs: startMs + 2250 });
  });

  it('is a folder of Empatica, whose slower files are held at the rate of the fastest', async () => {
    await write(
      empatica(8, 16, (i) => `${i},0,0`),
      'ACC.csv',
    );
    await write(
      empatica(4, 8, (i) => `0.${i}`),
      'EDA.csv',
    );
    await write(
      empatica(1, 4, (i) => `${60 + i}`, startMs / 1000 + 1),
      'HR.csv',
    );
    await write('1700000000.0\n', 'tags.csv');
    const source = await CsvSource.open(path('.'), {});
    assert.deepEqual(source.channels, ['acc_x', 'acc_y', 'acc_z', 'eda', 'hr']);
    assert.equal(source.rateHz, 8);
    const readings: Reading[] = [];
    for await (const reading of source.readings()) readings.push(reading);
    assert.equal(readings.length, 16);
    assert.deepEqual(byName(source, readings[5]!), {
      acc_x: 5,
      acc_y: 0,
      acc_z: 0,
      eda: 0.2,
      hr: Number.NaN,
    });
    assert.deepEqual(byName(source, readings[8]!), { acc_x: 8, acc_y: 0, acc_z: 0, eda: 0.4, hr: 60 });
    assert.equal(readings[8]?.timeMs, startMs + 1000);
  });

  it('is read of a folder only as far as channels are asked for', async () => {
    await write(
      empatica(8, 16, (i) => `${i},0,0`),
      'ACC.csv',
    );
    await write(
      empatica(4, 8, (i) => `0.${i}`),
      'EDA.csv',
    );
    const source = await CsvSource.open(path('.'), { channels: ['skin'], columns: ['skin = eda'] });
    assert.deepEqual([source.channels, source.rateHz], [['skin'], 4]);
    await assert.rejects(
      CsvSource.open(path('.'), { channels: ['acc'] }),
      refusal('recording-invalid', 'no column "acc"', 'acc_x, acc_y, acc_z, eda', 'is "acc_x" meant?'),
    );
  });

  it('is refused with the conversion if it lists the messages of a FIT file', async () => {
    const rows = lines(
      8,
      (i) => `Data,2,record,timestamp,"${1_000_000_000 + i}",s,heart_rate,"${100 + i}",bpm`,
    );
    const header = 'Type,Local Number,Message,Field 1,Value 1,Units 1,Field 2,Value 2,Units 2\n';
    for (const text of [rows, `${header}Definition,2,record,timestamp,1,,heart_rate,1,\n${rows}`])
      await assert.rejects(
        read(text),
        refusal('recording-invalid', 'clinic.csv', 'FIT file', '--data record'),
      );
  });

  it('is refused if it is a folder of other files', async () => {
    await write('x\n1\n', 'x.csv');
    await assert.rejects(
      CsvSource.open(path('.'), {}),
      refusal(
        'recording-invalid',
        'is a folder: expected a CSV file, or a folder of Empatica E4 with ACC.csv, BVP.csv',
      ),
    );
  });

  it('is the raw form of WISDM, with two rows on a line and without a header', async () => {
    const row = (i: number) => `33,Jogging,${49_105_962_326_000 + i * 5e7},-0.6,12.6,${i};`;
    const { source, readings, errors } = await read(`${row(0)}\n${row(1)}${row(2)}\n\n${row(3)}\n`);
    assert.deepEqual(source.channels, ['x', 'y', 'z']);
    assert.deepEqual(
      readings.map(({ values, label, subject }) => [values[2], label, subject]),
      [0, 1, 2, 3].map((i) => [i, 'Jogging', '33']),
    );
    assert.ok(Math.abs(readings[1]!.timeMs! - readings[0]!.timeMs! - 50) < 1e-6);
    assert.deepEqual(errors, []);
    assert.match(source.recognised, /^.*the raw form of WISDM/);
  });

  for (const [what, text, channels, times] of [
    [
      'a history of Home Assistant, the newest row first',
      `entity_id,state,last_changed\n${lines(8, (i) => `sensor.t,${i % 3 ? 21 : 'unavailable'},2024-03-01T10:00:0${8 - i}.000Z`)}\n`,
      ['state'],
      Date.UTC(2024, 2, 1, 10, 0, 1),
    ],
    [
      'a channel of ThingSpeak',
      `created_at,field1\n${lines(8, (i) => `2024-03-01 10:00:0${i} UTC,21.${i}`)}\n`,
      ['field1'],
      Date.UTC(2024, 2, 1, 10),
    ],
    [
      'a measurement of Samsung Health',
      `com.samsung.shealth.tracker.heart_rate,6312024,5\ncom.samsung.health.heart_rate.start_time,com.samsung.health.heart_rate.heart_rate\n${lines(8, (i) => `2024-03-01 10:00:0${i}.000Z,${60 + i}`)}\n`,
      ['com.samsung.health.heart_rate.heart_rate'],
      Date.UTC(2024, 2, 1, 10),
    ],
    [
      'a query of InfluxDB, with its annotations',
      '#group,false,false,true,true,false,false,true\n#datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339,double,string\n' +
        `#default,mean,,,,,,\n,result,table,_start,_stop,_time,_value,_field\n${lines(8, (i) => `,,0,2024-03-01T00:00:00Z,2024-03-02T00:00:00Z,2024-03-01T10:00:0${i}Z,2${i}.5,temp`)}\n`,
      ['temp'],
      Date.UTC(2024, 2, 1, 10),
    ],
  ] as const)
    it(`is ${what}`, async () => {
      const { source, readings, errors } = await read(text);
      assert.deepEqual([source.channels, errors], [channels, []]);
      assert.equal(readings.length, 8);
      for (const [i, { timeMs }] of readings.entries()) assert.equal(timeMs, times + 1000 * i);
    });

  it('is a file of Fitbit: the person by a number that comes again, dates with the month first', async () => {
    const text = `Id,Time,Value\n${lines(4, (i) => `2022484408,4/12/2016 7:21:0${5 * (i % 2)} AM,${97 + i}`)}\n`;
    const { source, readings } = await read(text, { time: 'month-first' });
    assert.deepEqual(source.channels, ['Value']);
    assert.equal(readings[1]?.subject, '2022484408');
    assert.equal(readings[1]?.timeMs, new Date(2016, 3, 12, 7, 21, 5).getTime());
    const numbered = await read('id,x\n1,5\n2,6\n3,7\n');
    assert.deepEqual(numbered.source.channels, ['id', 'x']);
  });
});

/** Rows as exports of Apple Health have them. */
const health = (rows: readonly [type: string, time: string, value: string][]) =>
  `type,sourceName,unit,startDate,endDate,value\n${rows
    .map(([type, time, value]) => `${type},"Watch, ""blue""",x,${time},${time},${value}`)
    .join('\n')}\n`;
const at = (second: number) => `2026-01-05 12:00:${String(second).padStart(2, '0')} +0100`;
const ms = (second: number) => Date.UTC(2026, 0, 5, 11, 0, second);

describe('a CSV file with one row per value', () => {
  const { read } = useCsvFiles();
  const heart = 'HKQuantityTypeIdentifierHeartRate';
  const steps = 'HKQuantityTypeIdentifierStepCount';

  it('gives a reading of the values of each time, whose types are the channels', async () => {
    const text = health([
      [heart, at(0), '61'],
      [steps, at(0), '3'],
      [heart, at(5), '62'],
    ]);
    const { source, readings } = await read(text);
    assert.deepEqual([source.channels, source.isSparse], [['HeartRate', 'StepCount'], true]);
    assert.deepEqual(readings, [
      { values: [61, 3], timeMs: ms(0) },
      { values: [62, Number.NaN], timeMs: ms(5) },
    ]);
    assert.match(source.recognised, /one row per value; channels HeartRate, StepCount from "type"/);
  });

  it('gives readings in the order of time, though the file has one type after the other', async () => {
    const text = health([
      ...[0, 5, 10, 15].map((s) => [heart, at(s), `${60 + s}`] as [string, string, string]),
      ...[1, 5, 12].map((s) => [steps, at(s), `${s}`] as [string, string, string]),
    ]);
    const { readings } = await read(text, { channels: ['StepCount', 'HeartRate'] });
    assert.deepEqual(
      readings.map(({ timeMs, values }) => [timeMs! - ms(0), ...values]),
      [
        [0, Number.NaN, 60],
        [1000, 1, Number.NaN],
        [5000, 5, 65],
        [10_000, Number.NaN, 70],
        [12_000, 12, Number.NaN],
        [15_000, Number.NaN, 75],
      ],
    );
  });

  it('has the channels of a task by the names of types, or by those that the user gives', async () => {
    const text = health([
      [heart, at(0), '61'],
      ['HKCategoryTypeIdentifierSleep', at(1), 'asleep'],
      [steps, at(2), '5'],
    ]);
    const named = await read(text, { channels: ['hr'], columns: [`hr = ${heart}`] });
    assert.deepEqual([named.source.channels, named.readings.length, named.errors], [['hr'], 1, []]);
    assert.deepEqual((await read(text, { columns: ['-StepCount', '-Sleep'] })).source.channels, [
      'HeartRate',
    ]);
  });

  it('names a type of which no row has come, and the one that is meant', async () => {
    const { errors } = await read(health([[heart, at(0), '61']]), { channels: ['heart_rate'] });
    assert.match(
      errors[0] ?? '',
      /clinic\.csv has no row of the type "heart_rate" for the channel heart_rate; it has HeartRate; is "HeartRate" meant\?/,
    );
  });

  it('is read as a table if it has other numbers, the task has its columns as channels, or the user says so', async () => {
    const text = 'time,type,value,temp\n0,a,1,20\n1,b,2,21\n';
    assert.deepEqual((await read(text, { channels: ['temp'] })).readings[0]?.values, [20]);
    assert.deepEqual((await read(text, { layout: 'table' })).source.channels, ['value', 'temp']);
    assert.deepEqual((await read(text)).source.channels, ['value', 'temp']);
    assert.deepEqual((await read(text, { layout: 'long' })).source.channels, ['a', 'b']);
  });

  it('is refused as such if it lacks the columns for it', async () => {
    await assert.rejects(
      read('time,x\n0,1\n', { layout: 'long' }),
      refusal('recording-invalid', 'clinic.csv', 'type, value and time', 'it has time, x'),
    );
  });

  it('keeps values of two persons at one time in readings of their own', async () => {
    const text =
      'user,metric,timestamp,value\nanna,hr,2026-01-05T12:00:00Z,60\nben,hr,2026-01-05T12:00:00Z,70\n';
    const { readings } = await read(text);
    assert.deepEqual(
      readings.map(({ subject, values }) => [subject, ...values]),
      [
        ['anna', 60],
        ['ben', 70],
      ],
    );
  });
});
